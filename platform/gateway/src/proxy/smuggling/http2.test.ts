import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { BASE, certificates, edgeSlice, issuerFetch, KEYS, proofFor, tokenFor } from '../../gateway.testkit.js'
import { createProxy, type ReverseProxy } from '../proxy.js'
import { SMUGGLED } from './families.testkit.js'
import { requestLine, startBackend, type Backend } from './naive.testkit.js'
import { sendHttp2, startNaiveHttp2Front, type H2Field, type H2Request } from './raw-http2.testkit.js'

let pki: Awaited<ReturnType<typeof certificates>>
let backend: Backend
let proxy: ReverseProxy
let port: number

beforeAll(async () => {
  pki = await certificates()
  backend = await startBackend()
  const tls = { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert }
  proxy = await createProxy({ slice: edgeSlice(), key: KEYS.edge.privateKey, fetch: issuerFetch, tls, upstreams: { orders: backend.address } })
  port = Number(new URL(proxy.url).port)
})
beforeEach(() => void backend.heads.splice(0))
afterAll(async () => {
  await proxy?.close(0)
  await backend?.close()
})

const PSEUDO = { ':method': 'POST', ':scheme': 'https', ':authority': 'api.test', ':path': '/orders/1' }

/** An honest request, with other pseudo-fields and more fields. */
function request(pseudo: Partial<typeof PSEUDO>, ...more: readonly H2Field[]): readonly H2Field[] {
  const token = tokenFor()
  const proof = proofFor(token, { htm: pseudo[':method'] ?? 'POST', htu: `${BASE}/orders/1` })
  return [...Object.entries({ ...PSEUDO, ...pseudo }), ['authorization', `DPoP ${token}`], ['dpop', proof], ...more]
}
const without = (name: string): readonly H2Field[] => request({}).filter(([one]) => one !== name)

test('an honest one arrives, with and without content, its cookies joined', async () => {
  expect(await sendHttp2(port, { fields: request({}, ['cookie', 'a=1'], ['cookie', 'b=2']), data: 'one order' })).toBe('answered')
  expect(await sendHttp2(port, { fields: request({ ':method': 'GET' }) })).toBe('answered')
  expect(backend.heads.map(requestLine)).toEqual(['POST /orders/1 HTTP/1.1', 'GET /orders/1 HTTP/1.1'])
  expect(backend.heads[0]).toContain('cookie: a=1; b=2')
  expect(backend.heads[0]).toMatch(/transfer-encoding: chunked/i)
})

const HOSTILE: Readonly<Record<string, () => H2Request>> = {
  'a field twice among the pseudo-fields': () => ({ fields: [...Object.entries(PSEUDO), [':path', '/smuggled']] }),
  'a pseudo-field after a field': () => ({ fields: [...without(':path'), [':path', '/orders/1']] }),
  'a pseudo-field that there is not': () => ({ fields: [[':everyhop', 'x'], ...request({})] }),
  'no method': () => ({ fields: without(':method') }),
  'no path': () => ({ fields: without(':path') }),
  'no scheme': () => ({ fields: without(':scheme') }),
  'no authority': () => ({ fields: without(':authority') }),
  'an empty path': () => ({ fields: request({ ':path': '' }) }),
  'a path in absolute form': () => ({ fields: request({ ':path': 'https://api.test/orders/1' }) }),
  'an asterisk': () => ({ fields: request({ ':method': 'OPTIONS', ':path': '*' }) }),
  'a fragment': () => ({ fields: request({ ':path': '/orders/1#x' }) }),
  'the scheme http': () => ({ fields: request({ ':scheme': 'http' }) }),
  CONNECT: () => ({
    fields: [
      [':method', 'CONNECT'],
      [':authority', 'orders:80'],
    ],
  }),
  'a protocol to connect with': () => ({ fields: [[':protocol', 'websocket'], ...request({ ':method': 'CONNECT' })] }),
  'another authority in Host': () => ({ fields: request({}, ['host', 'other.test']) }),
  'two hosts': () => ({ fields: request({}, ['host', 'api.test'], ['host', 'api.test']) }),
  'a method in lower case': () => ({ fields: request({ ':method': 'post' }) }),
  'a name in capitals': () => ({ fields: request({}, ['X-User', 'x']) }),
  connection: () => ({ fields: request({}, ['connection', 'dpop']) }),
  'keep-alive': () => ({ fields: request({}, ['keep-alive', 'timeout=5']) }),
  'proxy-connection': () => ({ fields: request({}, ['proxy-connection', 'close']) }),
  upgrade: () => ({ fields: request({}, ['upgrade', 'h2c']) }),
  'te of another kind': () => ({ fields: request({}, ['te', 'gzip']) }),
  'two lengths': () => ({ fields: request({}, ['content-length', '1'], ['content-length', '1']), data: 'x' }),
  'a length that is no number': () => ({ fields: request({}, ['content-length', '+1']), data: 'x' }),
  'more length than content': () => ({ fields: request({}, ['content-length', '9']), data: 'x' }),
  'a length without content': () => ({ fields: request({}, ['content-length', '9']) }),
  'an expectation of another kind': () => ({ fields: request({}, ['expect', 'y']), data: 'x' }),
  'credentials in a trailer': () => ({ fields: request({}), data: 'x', trailers: [['dpop', 'x']] }),
  'a pseudo-field in a trailer': () => ({ fields: request({}), data: 'x', trailers: [[':path', '/smuggled']] }),
}

for (const [title, hostile] of Object.entries(HOSTILE)) {
  test(`refused, and nothing whole arrives: ${title}`, async () => {
    expect(await sendHttp2(port, hostile())).toMatch(/reset|goaway|closed/)
    expect(backend.heads).toEqual([])
  })
}

/** nghttp2 takes these fields away before anybody sees them: the request is decided, and goes on, without. */
const DROPPED: Readonly<Record<string, H2Field>> = {
  'a name with a colon': ['x-dropped: y', 'x'],
  'an empty name': ['', 'x-dropped'],
  'a space at the end of a value': ['x-dropped', 'y '],
  'a NUL in a value': ['x-dropped', 'y\0'],
  'a line end in a value': ['x-dropped', 'y\r\nx-user: admin'],
}

for (const [title, field] of Object.entries(DROPPED)) {
  test(`dropped: ${title}`, async () => {
    expect(await sendHttp2(port, { fields: request({ ':method': 'GET' }, field) })).toBe('answered')
    expect(backend.heads.map((head) => /x-dropped|x-user/.test(head))).toEqual([false])
  })
}

const INJECTED = `x\r\n\r\n${SMUGGLED}`
const SMUGGLING: Readonly<Record<string, () => H2Request>> = {
  'H2.CL: less length than content': () => ({ fields: request({}, ['content-length', '0']), data: SMUGGLED }),
  'H2.TE: a coding': () => ({ fields: request({}, ['transfer-encoding', 'chunked']), data: `0\r\n\r\n${SMUGGLED}` }),
  'line ends in a value': () => ({ fields: request({ ':method': 'GET' }, ['x', INJECTED]) }),
  'line ends in a name': () => ({ fields: request({ ':method': 'GET' }, [`x: ${INJECTED}`, 'x']) }),
  'line ends in the path': () => ({ fields: request({ ':method': 'GET', ':path': `/orders/1 HTTP/1.1\r\nHost: ${INJECTED}` }) }),
  'line ends in the method': () => ({ fields: request({ ':method': 'GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\nGET' }) }),
  'line ends in the authority': () => ({ fields: request({ ':method': 'GET', ':authority': INJECTED }) }),
  'a space in the path': () => ({ fields: request({ ':method': 'GET', ':path': '/smuggled HTTP/1.1' }) }),
}

describe.each(Object.entries(SMUGGLING))('%s', (_, hostile) => {
  test('the own proxy holds', async () => {
    await sendHttp2(port, hostile())
    expect(backend.heads.filter((head) => requestLine(head) !== 'GET /orders/1 HTTP/1.1')).toEqual([])
  })

  test('a careless one does not', async () => {
    const front = await startNaiveHttp2Front(pki.server, backend)
    await sendHttp2(front.port, hostile())
    expect(backend.heads.map(requestLine).filter((line) => !/^(?:GET|POST) \/orders\/1 HTTP\/1\.1$/.test(line))).not.toEqual([])
    await front.close()
  })
})
