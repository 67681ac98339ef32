import { createServer as createNet } from 'node:net'
import { join } from 'node:path'
import { sha256 } from '@everyhop/proof'
import { createVerifier, createMemoryReplayStore, evidenceFrom } from '@everyhop/verifier'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createDecisionService, type DecisionService } from './decision-service.js'
import {
  application,
  BASE,
  certificates,
  credentials,
  edgeSlice,
  freePort,
  issuerFetch,
  KEYS,
  ordersSlice,
  proofFor,
  send,
  tokenFor,
  valuesOf,
  type Application,
} from './gateway.testkit.js'
import { nginxConfig } from './nginx-config.js'
import { findNginx, startNginx, type NginxProcess } from './nginx-process.js'

const hasNginx = findNginx() !== undefined
if (process.env['CI'] === 'true') test('nginx is installed where CI runs', () => expect(hasNginx).toBe(true))

describe.skipIf(!hasNginx)('behind the real nginx', () => {
  let app: Application
  let service: DecisionService
  let nginx: NginxProcess
  let port: number
  let pki: Awaited<ReturnType<typeof certificates>>
  let config: string
  let socket: string
  const serve = () => createDecisionService({ slice: edgeSlice(), key: KEYS.edge.privateKey, socket, fetch: issuerFetch })

  beforeAll(async () => {
    app = await application()
    pki = await certificates()
    socket = join(pki.dir, 'decide.sock')
    port = await freePort()
    config = nginxConfig(edgeSlice().slice, {
      socket,
      ...pki.files,
      listen: `127.0.0.1:${port}`,
      upstreams: { orders: app.address },
      standalone: { dir: join(pki.dir, 'nginx') },
    })
    service = await serve()
    nginx = await startNginx({ config, dir: join(pki.dir, 'nginx') })
  })
  afterAll(async () => {
    await nginx?.stop()
    await service?.close(100)
    await app?.close()
  })
  beforeEach(() => {
    app.received.length = 0
    app.answer = (response) => response.end('orders')
  })

  test('an honest request arrives, attested, as a verifier of the application confirms', async () => {
    const answer = await send(port, 'GET', '/orders/1?page=2', credentials())
    expect([answer.status, answer.body]).toEqual([200, 'orders'])
    const [got] = app.received
    expect(got?.url).toBe('/orders/1?page=2')
    expect(valuesOf(got!.rawHeaders, 'host')).toEqual(['orders.internal:8080'])
    const verifier = createVerifier({ slice: ordersSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
    const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: got!.url, rawHeaders: got!.rawHeaders }))
    expect(decision).toMatchObject({ verdict: 'allow', proven: { client: 'shop', path: ['edge'] } })
  })

  for (const [method, body] of [
    ['GET', undefined],
    ['POST', 'x'.repeat(2_000)],
  ] as const) {
    test(`${method}: the exact refusal reaches the client, both challenges and the body`, async () => {
      const answer = await send(port, method, '/orders/1', [], body === undefined ? {} : { body })
      expect(answer.status).toBe(401)
      expect(valuesOf(answer.rawHeaders, 'www-authenticate')).toEqual(['DPoP algs="ES256"', 'Bearer'])
      expect(valuesOf(answer.rawHeaders, 'content-type')).toEqual(['application/problem+json'])
      expect(JSON.parse(answer.body)).toMatchObject({ status: 401, code: 'request.uncredentialed', hop: 'edge' })
      expect(app.received).toEqual([])
    })
  }

  test('the content of a POST passes', async () => {
    const answer = await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'one order' })
    expect(answer.status).toBe(200)
    expect(app.received.map(({ method, body }) => [method, body])).toEqual([['POST', 'one order']])
  })

  const FORGED = [
    'Everyhop-Method',
    'POST',
    'Everyhop-Target',
    '/orders/2',
    'Everyhop-Cert-Verify',
    'SUCCESS',
    'Everyhop-Removes',
    'x',
    'Client-Cert',
    ':AAAA:',
    'Signature',
    'edge=:AAAA:',
    'Signature-Input',
    'edge=()',
    'Everyhop-Hop',
    'edge',
    'X-User',
    'admin',
    'X-SSL-Client-Cert',
    'x',
    'X-Forwarded-User',
    'root',
    'X-Original-URL',
    '/admin',
    'Connection',
    'DPoP',
  ]
  const forgedValues = (rawHeaders: readonly string[]) =>
    ['client-cert', 'x-user', 'x-ssl-client-cert', 'x-forwarded-user', 'x-original-url', 'everyhop-method'].flatMap((name) => valuesOf(rawHeaders, name))

  test('what a client forges neither decides nor arrives', async () => {
    const answer = await send(port, 'GET', '/orders/1', [...credentials(), ...FORGED])
    expect(answer.status).toBe(200)
    const { rawHeaders } = app.received[0]!
    expect(forgedValues(rawHeaders)).toEqual([])
    expect(valuesOf(rawHeaders, 'everyhop-hop')).toHaveLength(1)
    expect(valuesOf(rawHeaders, 'signature')[0]).not.toContain('AAAA:')
    expect(valuesOf(rawHeaders, 'dpop')).toHaveLength(1)
  })

  test('broken twin: without its hygiene the same fields arrive, and the service refuses once it is not told that they are removed', async () => {
    const twinPort = await freePort()
    const dir = join(pki.dir, 'twin')
    const leaky = config
      .replaceAll(join(pki.dir, 'nginx'), dir)
      .replace(`127.0.0.1:${port}`, `127.0.0.1:${twinPort}`)
      .replaceAll(/proxy_set_header (X-User|X-SSL-Client-Cert|X-Original-URL) '';/g, '')
    const twin = await startNginx({ config: leaky, dir })
    try {
      expect((await send(twinPort, 'GET', '/orders/1', [...credentials(), ...FORGED])).status).toBe(200)
      expect(forgedValues(app.received[0]!.rawHeaders)).toEqual(['admin', 'x', '/admin'])
      await twin.reload(leaky.replaceAll(/Everyhop-Removes \S+;/g, "Everyhop-Removes '';"))
      const refused = await send(twinPort, 'GET', '/orders/1', [...credentials(), ...FORGED])
      expect([refused.status, JSON.parse(refused.body).code]).toEqual([403, 'path.stray'])
    } finally {
      await twin.stop()
    }
  })

  test('a spelling that is on no list is refused', async () => {
    const answer = await send(port, 'GET', '/orders/1', [...credentials(), 'X-SSL-Anything', 'x'])
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'path.stray'])
  })

  test('every occurrence counts', async () => {
    const fields = credentials()
    const answer = await send(port, 'GET', '/orders/1', [...fields, 'dpop', fields[3]!])
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([401, 'proof.repeated'])
    expect((await send(port, 'GET', '/orders/1', [...fields, ...fields.slice(0, 2)])).status).toBe(400)
  })

  test("the application's own refusal passes unchanged", async () => {
    app.answer = (response) => response.writeHead(401, ['WWW-Authenticate', 'DPoP', 'WWW-Authenticate', 'Basic realm="x"', 'DPoP-Nonce', 'n']).end('mine')
    const answer = await send(port, 'GET', '/orders/1', credentials())
    expect([answer.status, answer.body, valuesOf(answer.rawHeaders, 'www-authenticate')]).toEqual([401, 'mine', ['DPoP', 'Basic realm="x"']])
  })

  for (const path of ['/__everyhop/decide', '/%5f_everyhop/decide', '/x/../__everyhop/decide']) {
    test(`the signing service cannot be asked from outside: ${path}`, async () => {
      const answer = await send(port, 'POST', path, credentials())
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(valuesOf(answer.rawHeaders, 'signature')).toEqual([])
      expect(app.received).toEqual([])
    })
  }

  for (const to of ['/__everyhop/decide', '/orders/2']) {
    test(`nor by an answer of the application, nor another path than the one decided: X-Accel-Redirect ${to}`, async () => {
      app.answer = (response) => response.writeHead(200, { 'X-Accel-Redirect': to }).end('mine')
      const answer = await send(port, 'GET', '/orders/1', credentials())
      expect([answer.status, answer.body, valuesOf(answer.rawHeaders, 'signature')]).toEqual([200, 'mine', []])
      expect(app.received.map(({ url }) => url)).toEqual(['/orders/1'])
    })
  }

  test('an undeclared path is refused', async () => {
    const answer = await send(port, 'GET', '/admin', credentials({ htu: `${BASE}/admin` }))
    expect([answer.status, JSON.parse(answer.body).code]).toEqual([403, 'route.undeclared'])
  })

  test("the client's certificate arrives, attested; a token of another certificate is refused", async () => {
    const { cert, key, der } = pki.client
    const bound = tokenFor({ 'x5t#S256': sha256(der) })
    const answer = await send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${bound}`], { cert, key })
    expect([answer.status, answer.body]).toEqual([200, 'orders'])
    expect(valuesOf(app.received[0]!.rawHeaders, 'client-cert')).toEqual([`:${der.toString('base64')}:`])
    const without = await send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${bound}`, 'Client-Cert', `:${der.toString('base64')}:`])
    expect([without.status, JSON.parse(without.body).code]).toEqual([401, 'token.no-certificate'])
    const other = await send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(pki.stranger.der) })}`], { cert, key })
    expect(JSON.parse(other.body).code).toBe('token.other-certificate')
  })

  test('a proof of another key or path is refused with its own code', async () => {
    const token = tokenFor()
    const answer = await send(port, 'GET', '/orders/2', ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token)])
    expect(JSON.parse(answer.body).code).toBe('proof.target')
  })

  test('no service, or one that hangs: 503 and nothing arrives', async () => {
    await service.close(100)
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(503)
    const hung = createNet((connection) => connection.resume())
    await new Promise<void>((resolve) => hung.listen(socket, resolve))
    const answer = await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'x' })
    expect([answer.status, JSON.parse(answer.body).status]).toEqual([503, 503])
    expect(app.received).toEqual([])
    await new Promise((resolve) => hung.close(resolve))
    service = await serve()
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
  })
})
