import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { sha256 } from '@everyhop/proof'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import {
  application,
  certificates,
  credentials,
  edgeSlice,
  issuerFetch,
  KEYS,
  ordersSlice,
  send,
  tokenFor,
  valuesOf,
  type Application,
} from '../gateway.testkit.js'
import { createProxy, type ReverseProxy } from './proxy.js'

let app: Application
let hop: ReverseProxy
let port: number
let pki: Awaited<ReturnType<typeof certificates>>

beforeAll(async () => {
  app = await application()
  pki = await certificates()
  const tls = { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert }
  hop = await createProxy({
    slice: edgeSlice(),
    key: KEYS.edge.privateKey,
    tls,
    upstreams: { orders: app.address },
    fetch: issuerFetch,
    limits: { maxBodyBytes: 1_000, maxFields: 2_000 },
  })
  port = Number(new URL(hop.url).port)
})
afterAll(async () => {
  await hop?.close(100)
  await app?.close()
})
beforeEach(() => {
  app.received.length = 0
  app.answer = (response) => response.end('orders')
})

test('an honest request arrives, attested, as a verifier of the application confirms', async () => {
  const answer = await send(port, 'POST', '/orders/1?page=2', credentials({ htm: 'POST' }), { body: 'one order' })
  expect([answer.status, answer.body]).toEqual([200, 'orders'])
  const [got] = app.received
  expect([got!.method, got!.url, got!.body]).toEqual(['POST', '/orders/1?page=2', 'one order'])
  const verifier = createVerifier({ slice: ordersSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
  const decision = await verifier.verify(evidenceFrom({ method: 'POST', target: got!.url, rawHeaders: got!.rawHeaders }))
  expect(decision).toMatchObject({ verdict: 'allow', proven: { client: 'shop', path: ['edge'] } })
})

test('the refusal is exact', async () => {
  const answer = await send(port, 'GET', '/orders/1', [])
  expect([answer.status, valuesOf(answer.rawHeaders, 'www-authenticate')]).toEqual([401, ['DPoP algs="ES256"', 'Bearer']])
  expect(app.received).toEqual([])
})

test('"Connection: DPoP" does not take the proof away, and forged fields do not arrive', async () => {
  const forged = ['Client-Cert', ':AAAA:', 'Client_Cert', 'x', 'X-User', 'admin', 'Signature', 'edge=:AAAA:', 'X-Hop', 'x']
  const token = tokenFor()
  const request = credentials()
  // `send` closes the connection by a field of its own; this one names the proof and a field that is the connection's.
  const answer = await send(port, 'GET', '/orders/1', [
    ...request,
    ...forged.filter((_, index) => index !== 2 && index !== 3),
    'Connection',
    'DPoP, Authorization, X-Hop',
  ])
  expect([answer.status, token === '']).toEqual([200, false])
  const { rawHeaders } = app.received[0]!
  expect(valuesOf(rawHeaders, 'dpop')).toEqual([request[3]])
  expect(['client-cert', 'x-user', 'x-hop'].flatMap((name) => valuesOf(rawHeaders, name))).toEqual([])
  expect(valuesOf(rawHeaders, 'signature')[0]).not.toContain('AAAA:')
})

test('fields beyond the thousandth count: content that they announce is no second request behind the decision', async () => {
  const many = Array.from({ length: 1_200 }, () => ['a', 'b']).flat()
  const inner = 'GET /admin HTTP/1.1\r\nHost: orders\r\n\r\n'
  expect((await send(port, 'GET', '/orders/1', [...credentials(), ...many], { body: inner })).status).toBe(200)
  await send(port, 'GET', '/orders/1', credentials())
  expect(app.received.map(({ url, body }) => [url, body])).toEqual([
    ['/orders/1', inner],
    ['/orders/1', ''],
  ])
  expect(JSON.parse((await send(port, 'GET', '/orders/1', [...credentials(), ...many, 'DPoP', 'x'])).body).code).toBe('proof.repeated')
})

test('a certificate counts where TLS verified it, and only there', async () => {
  const ask = (who: { cert: string; key: string; der: Buffer }) =>
    send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(who.der) })}`], { cert: who.cert, key: who.key })
  expect((await ask(pki.client)).status).toBe(200)
  expect(valuesOf(app.received[0]!.rawHeaders, 'client-cert')).toEqual([`:${pki.client.der.toString('base64')}:`])
  expect(JSON.parse((await ask(pki.stranger)).body).code).toBe('token.no-certificate')
})

test('too much content is 413; a next hop that is down is 502', async () => {
  expect((await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'x'.repeat(1_001) })).status).toBe(413)
  await app.close()
  expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(502)
})
