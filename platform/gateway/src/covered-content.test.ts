import { createHash } from 'node:crypto'
import { connect } from 'node:tls'
import type { SliceRoute } from '@everyhop/chain'
import { createMemoryReplayStore, createVerifier, evidenceFrom, type LoadedSlice } from '@everyhop/verifier'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDecider } from './decider.js'
import { application, certificates, credentials, edgeSlice, issuerFetch, KEYS, ordersSlice, send, type Application } from './gateway.testkit.js'
import { createProxy, type ReverseProxy } from './proxy/proxy.js'

/** The edge signs the digest that the client sent, without the content; the application compares it with what it received. */

const sha256 = (content: string): string => createHash('sha256').update(content).digest('base64')

const covering = ({ slice, digest }: LoadedSlice): LoadedSlice => ({
  digest,
  slice: { ...slice, routes: slice.routes.map((route): SliceRoute => ({ ...route, body: 'covered' })) },
})
const edge = createDecider({ slice: covering(edgeSlice()), key: KEYS.edge.privateKey, fetch: issuerFetch })
const orders = createVerifier({ slice: covering(ordersSlice()), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })

/** Fields at the application of one honest request through the edge. */
async function attested(content: string): Promise<readonly string[]> {
  const rawHeaders = [...credentials({ htm: 'POST' }), 'Content-Digest', `sha-256=:${sha256(content)}:`]
  const ruling = await edge.decide({ method: 'POST', target: '/orders/1', rawHeaders, earlyData: false, removes: true })
  if (ruling.verdict !== 'pass') throw new Error('refused')
  return [...rawHeaders, ...ruling.fields.flat()]
}

const atOrders = (rawHeaders: readonly string[], received: string) =>
  orders.verify(evidenceFrom({ method: 'POST', target: '/orders/1', rawHeaders }), () => Promise.resolve({ sha256: sha256(received) }))

test('the content that the client sent', async () => {
  expect(await atOrders(await attested('one order'), 'one order')).toMatchObject({ verdict: 'allow', proven: { path: ['edge'] } })
})

test('other content under the same digest', async () => {
  expect(await atOrders(await attested('one order'), 'two orders')).toMatchObject({ code: 'request.content-digest' })
})

test('other content under a digest of its own, which the edge did not sign', async () => {
  const fields = (await attested('one order')).map((value) => value.replace(sha256('one order'), sha256('two orders')))
  expect(await atOrders(fields, 'two orders')).toMatchObject({ code: 'attestation.signature' })
})

test.each([
  ['no digest', []],
  ['a digest of another kind', ['Content-Digest', 'md5=:AAAA:']],
])('the edge refuses %s', async (_, digest) => {
  const rawHeaders = [...credentials({ htm: 'POST' }), ...digest]
  const ruling = await edge.decide({ method: 'POST', target: '/orders/1', rawHeaders, earlyData: false, removes: true })
  expect(ruling.verdict === 'refuse' && JSON.parse(ruling.refusal.body)).toMatchObject({ status: 400, code: 'request.content-digest' })
})

describe('the own proxy reads covered content itself, before the application does', () => {
  let app: Application
  let proxy: ReverseProxy
  let port: number
  beforeAll(async () => {
    app = await application()
    const pki = await certificates()
    proxy = await createProxy({
      slice: covering(edgeSlice({ replayAuthority: true })),
      key: KEYS.edge.privateKey,
      fetch: issuerFetch,
      replay: createMemoryReplayStore({ since: 'always' }),
      tls: { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert },
      upstreams: { orders: app.address },
      limits: { maxCoveredBytes: 10_000 },
      deadlineMs: 400,
    })
    port = Number(new URL(proxy.url).port)
  })
  afterEach(() => app.received.splice(0))
  afterAll(async () => {
    await proxy.close(50)
    await app.close()
  })

  const fieldsFor = (content: string) => [...credentials({ htm: 'POST' }), 'Content-Digest', `sha-256=:${sha256(content)}:`]
  const codeIn = ({ body }: { readonly body: string }) => (JSON.parse(body) as { code: string }).code

  for (const [what, content] of [
    ['content', 'one order'],
    ['none', ''],
    ['as much as may be', 'x'.repeat(10_000)],
  ] as const) {
    test(`${what} arrives, under the digest that the edge signed`, async () => {
      const answer = await send(port, 'POST', '/orders/1', fieldsFor(content), { body: content })
      expect(answer.status, answer.body).toBe(200)
      const [got] = app.received
      expect(got?.body === content).toBe(true)
      expect(await atOrders(got!.rawHeaders, got!.body)).toMatchObject({ verdict: 'allow', proven: { path: ['edge'] } })
    })
  }

  test('other content is refused there, and does not spend the proof', async () => {
    const fields = fieldsFor('one order')
    const refused = await send(port, 'POST', '/orders/1', fields, { body: 'two orders' })
    expect([refused.status, codeIn(refused), app.received.length]).toEqual([400, 'request.content-digest', 0])
    expect((await send(port, 'POST', '/orders/1', fields, { body: 'one order' })).status).toBe(200)
  })

  test('more than may be held is 413, without a digest 400', async () => {
    const large = 'x'.repeat(10_001)
    const refused = await send(port, 'POST', '/orders/1', fieldsFor(large), { body: large })
    expect([refused.status, codeIn(refused)]).toEqual([413, 'request.content-too-large'])
    const bare = await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'one order' })
    expect([bare.status, codeIn(bare), app.received.length]).toEqual([400, 'request.content-digest', 0])
  })

  test('content in pieces arrives; a client that is slow to send takes no time from the decision', async () => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'api.test', rejectUnauthorized: false })
    const head = fieldsFor('one order').flatMap((name, index, all) => (index % 2 === 0 ? [`${name}: ${all[index + 1]}`] : []))
    socket.write(`POST /orders/1 HTTP/1.1\r\nHost: api.test\r\n${head.join('\r\n')}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n4\r\none \r\n`)
    setTimeout(() => socket.write('5\r\norder\r\n0\r\n\r\n'), 600)
    let answer = ''
    for await (const chunk of socket) answer += String(chunk)
    expect(answer).toContain('HTTP/1.1 200')
    expect(app.received.map(({ body }) => body)).toEqual(['one order'])
  })
})
