import { connect } from 'node:http2'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createMemoryReplayStore } from '@everyhop/verifier'
import { createDecisionService } from './decision-service.js'
import { application, BASE, certificates, credentials, edgeSlice, freePort, issuerFetch, KEYS, send, valuesOf, type Application } from './gateway.testkit.js'
import { nginxConfig } from './nginx-config.js'
import { findNginx, startNginx } from './nginx-process.js'

describe.skipIf(findNginx() === undefined)('routes behind the real nginx', () => {
  let orders: Application
  let bills: Application
  const closing: (() => Promise<void>)[] = []

  beforeAll(async () => {
    orders = await application()
    bills = await application()
    closing.push(orders.close, bills.close)
  })
  afterAll(async () => {
    for (const close of closing.reverse()) await close()
  })

  async function edge(changes: Parameters<typeof edgeSlice>[0]): Promise<number> {
    const pki = await certificates()
    const socket = join(pki.dir, 'decide.sock')
    const slice = edgeSlice(changes)
    const service = await createDecisionService({
      slice,
      key: KEYS.edge.privateKey,
      socket,
      fetch: issuerFetch,
      replay: createMemoryReplayStore({ since: 'always' }),
      nonceSecrets: [Buffer.alloc(32, 7)],
    })
    const port = await freePort()
    const dir = join(pki.dir, 'nginx')
    const upstreams = { orders: orders.address, bills: bills.address }
    const nginx = await startNginx({
      dir,
      config: nginxConfig(slice.slice, { socket, ...pki.files, listen: `127.0.0.1:${port}`, upstreams, standalone: { dir } }),
    })
    closing.push(() => service.close(50), nginx.stop)
    orders.received.length = bills.received.length = 0
    return port
  }
  const route = { ...edgeSlice().slice.routes[0]!, bindings: ['dpop' as const] }

  test('passthrough: token and proof arrive as they came, with nothing that a client or this hop attests', async () => {
    const port = await edge({ routes: [route], next: { mode: 'passthrough', hops: [{ hop: 'orders', authority: 'orders.internal' }] } })
    const fields = credentials()
    expect((await send(port, 'GET', '/orders/1', [...fields, 'Everyhop-Hop', 'edge', 'Client-Cert', ':AAAA:'])).status).toBe(200)
    const { rawHeaders } = orders.received[0]!
    expect([valuesOf(rawHeaders, 'authorization'), valuesOf(rawHeaders, 'dpop')]).toEqual([[fields[1]], [fields[3]]])
    expect(['everyhop-hop', 'client-cert', 'signature'].flatMap((name) => valuesOf(rawHeaders, name))).toEqual([])
  })

  test('two next hops: the decision chooses, for each its own authority', async () => {
    const hops = [
      { hop: 'orders', authority: 'orders.internal' },
      { hop: 'bills', authority: 'bills.internal' },
    ]
    const port = await edge({ routes: [route, { ...route, pattern: '/bills/*', next: 'bills' }], next: { mode: 'attested', hops } })
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
    expect((await send(port, 'GET', '/bills/a%2Fb?c=%2F', credentials({ htu: `${BASE}/bills/a%2Fb` }))).status).toBe(200)
    expect(orders.received.map(({ url, rawHeaders }) => [url, ...valuesOf(rawHeaders, 'host')])).toEqual([['/orders/1', 'orders.internal']])
    expect(bills.received.map(({ url, rawHeaders }) => [url, ...valuesOf(rawHeaders, 'host')])).toEqual([['/bills/a%2Fb?c=%2F', 'bills.internal']])
  })

  test('a rewritten path keeps its bytes; another is refused', async () => {
    const hops = [{ hop: 'orders', authority: 'orders.internal' }]
    const port = await edge({ routes: [{ ...route, pattern: '/**' }], next: { mode: 'attested', hops, rewrite: { from: '/orders', to: '/v1' } } })
    expect((await send(port, 'GET', '/orders/a%2Fb?c=%2F', credentials({ htu: `${BASE}/orders/a%2Fb` }))).status).toBe(200)
    expect(orders.received.map(({ url }) => url)).toEqual(['/v1/a%2Fb?c=%2F'])
    expect((await send(port, 'GET', '/ordersx', credentials({ htu: `${BASE}/ordersx` }))).status).toBe(403)
  })

  test('a hop that gives nonces: the challenge and the answer carry one', async () => {
    const port = await edge({ routes: [route], replayAuthority: true, proof: { ...edgeSlice().slice.proof, nonce: 'required' } })
    const refused = await send(port, 'GET', '/orders/1', credentials())
    const [nonce] = valuesOf(refused.rawHeaders, 'dpop-nonce')
    expect([refused.status, nonce === undefined]).toEqual([401, false])
    const fields = credentials({ nonce })
    const answer = await send(port, 'GET', '/orders/1', fields)
    expect([answer.status, valuesOf(answer.rawHeaders, 'dpop-nonce').length]).toEqual([200, 1])
    expect(JSON.parse((await send(port, 'GET', '/orders/1', fields)).body).code).toBe('proof.replayed')
  })

  test('HTTP/2: honest requests pass and refusals are exact', async () => {
    const port = await edge({ routes: [route] })
    const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    const ask = (fields: Record<string, string>) =>
      new Promise<[number | undefined, string]>((resolve, reject) => {
        let body = ''
        let status: number | undefined
        const stream = session.request({ ':path': '/orders/1', ...fields })
        stream.on('response', (headers) => (status = headers[':status']))
        stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
        stream.on('end', () => resolve([status, body])).on('error', reject)
      })
    const [, authorization, , dpop] = credentials()
    expect(await ask({ authorization: authorization!, dpop: dpop! })).toEqual([200, 'orders'])
    const [status, body] = await ask({})
    expect([status, JSON.parse(body).code]).toEqual([401, 'request.uncredentialed'])
    session.close()
  })
})
