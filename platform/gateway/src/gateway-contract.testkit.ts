import { connect } from 'node:http2'
import { createServer as createNet } from 'node:net'
import { join } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { sha256 } from '@everyhop/proof'
import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { gatewayConfig, type Product } from './config/gateway-config.js'
import type { ConfigFile } from './config/config-options.js'
import type { DeciderOptions } from './decider.js'
import { createDecisionService, type DecisionService } from './decision/decision-service.js'
import type { GatewayProcess } from './gateway-process.js'
import {
  application,
  BASE,
  certificates,
  credentials,
  edgeSlice,
  EXCHANGE,
  FORGED,
  forgedValues,
  freePort,
  INNER,
  issuerFetch,
  KEYS,
  ordersSlice,
  proofFor,
  reboundSlice,
  send,
  tokenFor,
  valuesOf,
  type Application,
} from './gateway.testkit.js'

/** A product of the field, as tests run it. */
export type RealGateway = {
  readonly product: Product
  readonly isInstalled: boolean
  /** What it answers instead of 425, where it does not know that. */
  readonly tooEarly?: number
  /** Runs it with these files in `dir`, which the configuration was made for; resolves once `port` of loopback accepts connections. */
  readonly start: (files: readonly ConfigFile[], dir: string, port: number) => Promise<Omit<GatewayProcess, 'pid'>>
}

/** The proxy of our own: it decides in its process, without a service to ask or a configuration to write. */
export type OwnGateway = {
  readonly product: 'own proxy'
  readonly isInstalled: true
  readonly tooEarly?: undefined
  readonly open: (set: OwnSet) => Promise<Omit<GatewayProcess, 'pid'>>
}

export type OwnSet = {
  readonly deciding: DeciderOptions
  readonly pki: Awaited<ReturnType<typeof certificates>>
  readonly upstreams: Readonly<Record<string, string>>
  readonly port: number
}

export type Edge = {
  readonly port: number
  readonly dir: string
  readonly files: readonly ConfigFile[]
  readonly socket: string
  readonly pki: Awaited<ReturnType<typeof certificates>>
  readonly orders: Application
  readonly bills: Application
  readonly gateway: Omit<GatewayProcess, 'pid'>
  service: DecisionService
  readonly serve: () => Promise<DecisionService>
}

export type Edit = (text: string, name: string) => string

/** An edge of this product in front of two applications, with the decision service and the configuration that is generated; `edit` breaks it. */
export async function startEdge(
  gateway: RealGateway | OwnGateway,
  changes: Partial<Slice> = {},
  edit: Edit = (text) => text,
): Promise<Edge & { readonly close: () => Promise<void> }> {
  const [pki, orders, bills, port] = await Promise.all([certificates(), application(), application(), freePort()])
  const socket = join(pki.dir, 'decide.sock')
  const dir = join(pki.dir, gateway.product)
  const slice = edgeSlice(changes)
  const deciding = (): DeciderOptions => ({
    slice,
    key: KEYS.edge.privateKey,
    fetch: issuerFetch,
    replay: createMemoryReplayStore({ since: 'always' }),
    nonceSecrets: [Buffer.alloc(32, 7)],
  })
  const serve = () => createDecisionService({ ...deciding(), socket })
  const upstreams = { orders: orders.address, bills: bills.address }
  const isOwn = 'open' in gateway
  const made = isOwn ? [] : gatewayConfig(gateway.product, slice.slice, { socket, ...pki.files, listen: `127.0.0.1:${port}`, upstreams, standalone: { dir } })
  const files = made.map(({ name, text }) => ({ name, text: edit(text, name) }))
  const service = await serve()
  const running = isOwn ? await gateway.open({ deciding: deciding(), pki, upstreams, port }) : await gateway.start(files, dir, port)
  const edge = { port, dir, files, socket, pki, orders, bills, gateway: running, serve, service }
  const close = async (): Promise<void> => {
    await running.stop()
    await edge.service.close(50)
    await Promise.all([orders.close(), bills.close()])
  }
  return Object.assign(edge, { close })
}

const ROUTE = { ...edgeSlice().slice.routes[0]!, bindings: ['dpop' as const] }
const ORDERS = { hop: 'orders', authority: 'orders.internal' }
const codeIn = ({ body }: { readonly body: string }): string => (JSON.parse(body) as { code: string }).code

/** What every gateway with a generated configuration must do, whatever its product. */
export function gatewayContract(gateway: RealGateway | OwnGateway): void {
  const { product, isInstalled } = gateway
  if (process.env['CI'] === 'true') test(`${product} is installed where CI runs`, () => expect(isInstalled).toBe(true))

  describe.skipIf(!isInstalled)(`behind the real ${product}: an edge that attests`, () => {
    let edge: Awaited<ReturnType<typeof startEdge>> | undefined
    /** One for all that follows: started by whichever test comes first. */
    const up = async () => (edge ??= await startEdge(gateway))
    afterEach(() => {
      if (!edge) return
      edge.orders.received.length = 0
      edge.orders.answer = (response) => response.end('orders')
    })
    afterAll(() => edge?.close())

    test('an honest request arrives, attested, as a verifier of the application confirms', async () => {
      const { port, orders } = await up()
      const answer = await send(port, 'GET', '/orders/1?page=2', credentials())
      expect([answer.status, answer.body]).toEqual([200, 'orders'])
      const [got] = orders.received
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
        const { port, orders } = await up()
        const answer = await send(port, method, '/orders/1', [], body === undefined ? {} : { body })
        expect(answer.status).toBe(401)
        // Some products join what RFC 9110 §11.6.1 allows to be joined.
        expect(valuesOf(answer.rawHeaders, 'www-authenticate').join(', ')).toBe('DPoP algs="ES256", Bearer')
        expect(valuesOf(answer.rawHeaders, 'content-type')).toEqual(['application/problem+json'])
        expect(JSON.parse(answer.body)).toMatchObject({ status: 401, code: 'request.uncredentialed', hop: 'edge' })
        expect(answer.rawHeaders.filter((name) => /^everyhop/i.test(name))).toEqual([])
        expect(orders.received).toEqual([])
      })
    }

    test('the content of a POST passes', async () => {
      const { port, orders } = await up()
      const answer = await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'one order' })
      expect(answer.status).toBe(200)
      expect(orders.received.map(({ method, body }) => [method, body])).toEqual([['POST', 'one order']])
    })

    test('what a client forges neither decides nor arrives', async () => {
      const { port, orders } = await up()
      const answer = await send(port, 'GET', '/orders/1', [...credentials(), ...FORGED])
      expect(answer.status).toBe(200)
      const { rawHeaders } = orders.received[0]!
      expect(forgedValues(rawHeaders)).toEqual([])
      expect(valuesOf(rawHeaders, 'everyhop-hop')).toHaveLength(1)
      expect(valuesOf(rawHeaders, 'signature')[0]).not.toContain('AAAA:')
      expect(valuesOf(rawHeaders, 'dpop')).toHaveLength(1)
    })

    test('a spelling that is on no list is refused', async () => {
      const { port } = await up()
      const answer = await send(port, 'GET', '/orders/1', [...credentials(), 'X-SSL-Anything', 'x'])
      expect([answer.status, codeIn(answer)]).toEqual([403, 'path.stray'])
    })

    test('every occurrence counts', async () => {
      const { port, orders } = await up()
      const fields = credentials()
      const twice = await send(port, 'GET', '/orders/1', [...fields, 'dpop', fields[3]!])
      expect([twice.status, codeIn(twice)]).toEqual([401, expect.stringMatching(/^proof\.(repeated|malformed)$/)])
      expect((await send(port, 'GET', '/orders/1', [...fields, ...fields.slice(0, 2)])).status).toBeGreaterThanOrEqual(400)
      expect(orders.received).toEqual([])
    })

    test("the application's own refusal passes unchanged", async () => {
      const { port, orders } = await up()
      orders.answer = (response) => response.writeHead(401, ['WWW-Authenticate', 'DPoP', 'WWW-Authenticate', 'Basic realm="x"', 'DPoP-Nonce', 'n']).end('mine')
      const answer = await send(port, 'GET', '/orders/1', credentials())
      expect([answer.status, answer.body, valuesOf(answer.rawHeaders, 'www-authenticate')]).toEqual([401, 'mine', ['DPoP', 'Basic realm="x"']])
      expect(valuesOf(answer.rawHeaders, 'dpop-nonce')).toEqual(['n'])
    })

    test('an undeclared path is refused', async () => {
      const { port } = await up()
      const answer = await send(port, 'GET', '/admin', credentials({ htu: `${BASE}/admin` }))
      expect([answer.status, codeIn(answer)]).toEqual([403, 'route.undeclared'])
    })

    test("the client's certificate arrives, attested; a token of another certificate is refused", async () => {
      const { port, pki, orders } = await up()
      const { cert, key, der } = pki.client
      const bound = tokenFor({ 'x5t#S256': sha256(der) })
      const answer = await send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${bound}`], { cert, key })
      expect([answer.status, answer.body]).toEqual([200, 'orders'])
      expect(valuesOf(orders.received[0]!.rawHeaders, 'client-cert')).toEqual([`:${der.toString('base64')}:`])
      const without = await send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${bound}`, 'Client-Cert', `:${der.toString('base64')}:`])
      expect([without.status, codeIn(without)]).toEqual([401, 'token.no-certificate'])
      const other = await send(port, 'GET', '/orders/1', ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(pki.stranger.der) })}`], { cert, key })
      expect(codeIn(other)).toBe('token.other-certificate')
    })

    test('a proof of another path is refused with its own code', async () => {
      const { port } = await up()
      const token = tokenFor()
      const answer = await send(port, 'GET', '/orders/2', ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token)])
      expect(codeIn(answer)).toBe('proof.target')
    })

    for (const path of ['/__everyhop/decide', '/%5f_everyhop/decide', '/x/../__everyhop/decide', '/decide', '/check']) {
      test(`the signing service cannot be asked from outside: ${path}`, async () => {
        const { port, orders } = await up()
        const answer = await send(port, 'POST', path, credentials())
        expect(answer.status).toBeGreaterThanOrEqual(400)
        expect(valuesOf(answer.rawHeaders, 'signature')).toEqual([])
        expect(orders.received).toEqual([])
      })
    }

    // Our own proxy decides in its own process: there is no service that could be gone.
    const withService = 'open' in gateway ? undefined : test
    withService?.('no service, or one that hangs, or one that answers anything: nothing arrives', async () => {
      const running = await up()
      const { port, orders, socket } = running
      await running.service.close(100)
      expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(503)
      for (const says of ['', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', 'HTTP/1.1 204 No Content\r\n\r\n', 'garbage\r\n\r\n']) {
        const stand = createNet((connection) => {
          connection.on('error', () => undefined).resume()
          if (says !== '') connection.end(says)
        })
        await new Promise<void>((resolve) => stand.listen(socket, resolve))
        const answer = await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'x' })
        expect([says, answer.status]).toEqual([says, expect.toSatisfy((status: number) => status >= 500 && status <= 504)])
        expect(orders.received).toEqual([])
        await new Promise((resolve) => stand.close(resolve))
      }
      running.service = await running.serve()
      expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
    })
  })

  describe.skipIf(!isInstalled)(`behind the real ${product}: routes`, () => {
    const closing: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const close of closing.splice(0)) await close()
    })
    const up = async (changes: Partial<Slice>) => {
      const edge = await startEdge(gateway, changes)
      closing.push(edge.close)
      return edge
    }

    test('passthrough: token and proof arrive as they came, with nothing that a client or this hop attests', async () => {
      const { port, orders } = await up({ routes: [ROUTE], next: { mode: 'passthrough', hops: [ORDERS] } })
      const fields = credentials()
      expect((await send(port, 'GET', '/orders/1', [...fields, 'Everyhop-Hop', 'edge', 'Client-Cert', ':AAAA:'])).status).toBe(200)
      const { rawHeaders } = orders.received[0]!
      expect([valuesOf(rawHeaders, 'authorization'), valuesOf(rawHeaders, 'dpop')]).toEqual([[fields[1]], [fields[3]]])
      expect(['everyhop-hop', 'client-cert', 'signature'].flatMap((name) => valuesOf(rawHeaders, name))).toEqual([])
    })

    test("rebound: the hop's own token and proof arrive in place of the client's, and nothing where it has none", async () => {
      const next = { mode: 'rebound' as const, hops: [{ ...ORDERS, base: INNER }] }
      const { port, orders } = await up({ routes: [ROUTE], replayAuthority: true, next })
      const fields = credentials()
      const answer = await send(port, 'POST', '/orders/1?page=2', [...credentials({ htm: 'POST' }), ...FORGED], { body: 'one order' })
      expect([answer.status, answer.body, orders.received[0]?.body]).toEqual([200, 'orders', 'one order'])
      const { rawHeaders } = orders.received[0]!
      expect(['everyhop-hop', 'client-cert', 'signature', 'x-user'].flatMap((name) => valuesOf(rawHeaders, name))).toEqual([])
      const verifier = createVerifier({ slice: reboundSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
      const seen = evidenceFrom({ method: 'POST', target: orders.received[0]!.url, rawHeaders })
      expect([seen.authorization.length, seen.dpop.length]).toEqual([1, 1])
      expect(await verifier.verify(seen)).toMatchObject({ verdict: 'allow', proven: { client: 'shop', path: ['edge'] } })

      expect((await send(port, 'GET', '/orders/1', fields)).status).toBe(200)
      expect(codeIn(await send(port, 'GET', '/orders/1', fields))).toBe('proof.replayed')
      orders.received.length = 0
      const other = await up({ routes: [ROUTE], replayAuthority: true, next })
      EXCHANGE.isOpen = false
      const refused = await send(other.port, 'GET', '/orders/1', credentials()).finally(() => (EXCHANGE.isOpen = true))
      expect([refused.status, codeIn(refused), other.orders.received]).toEqual([503, 'exchange.unavailable', []])
    })

    test('two next hops: the decision chooses, for each its own authority', async () => {
      const hops = [ORDERS, { hop: 'bills', authority: 'bills.internal' }]
      const { port, orders, bills } = await up({ routes: [ROUTE, { ...ROUTE, pattern: '/bills/*', next: 'bills' }], next: { mode: 'attested', hops } })
      expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
      expect((await send(port, 'GET', '/bills/a%2Fb?c=%2F', credentials({ htu: `${BASE}/bills/a%2Fb` }))).status).toBe(200)
      expect(orders.received.map(({ url, rawHeaders }) => [url, ...valuesOf(rawHeaders, 'host')])).toEqual([['/orders/1', 'orders.internal']])
      expect(bills.received.map(({ url, rawHeaders }) => [url, ...valuesOf(rawHeaders, 'host')])).toEqual([['/bills/a%2Fb?c=%2F', 'bills.internal']])
    })

    test('a rewritten path keeps its bytes; another is refused', async () => {
      const { port, orders } = await up({
        routes: [{ ...ROUTE, pattern: '/**' }],
        next: { mode: 'attested', hops: [ORDERS], rewrite: { from: '/orders', to: '/v1' } },
      })
      expect((await send(port, 'GET', '/orders/a%2Fb?c=%2F', credentials({ htu: `${BASE}/orders/a%2Fb` }))).status).toBe(200)
      expect(orders.received.map(({ url }) => url)).toEqual(['/v1/a%2Fb?c=%2F'])
      expect((await send(port, 'GET', '/ordersx', credentials({ htu: `${BASE}/ordersx` }))).status).toBe(403)
    })

    test('a hop that gives nonces: the challenge and the answer carry one', async () => {
      const { port } = await up({ routes: [ROUTE], replayAuthority: true, proof: { ...edgeSlice().slice.proof, nonce: 'required' } })
      const refused = await send(port, 'GET', '/orders/1', credentials())
      const [nonce] = valuesOf(refused.rawHeaders, 'dpop-nonce')
      expect([refused.status, nonce === undefined]).toEqual([401, false])
      const fields = credentials({ nonce })
      const answer = await send(port, 'GET', '/orders/1', fields)
      expect([answer.status, valuesOf(answer.rawHeaders, 'dpop-nonce')]).toEqual([200, [expect.stringMatching(/^[\w.-]{16,}$/)]])
      expect(codeIn(await send(port, 'GET', '/orders/1', fields))).toBe('proof.replayed')
    })

    test('HTTP/2: honest requests pass and refusals are exact', async () => {
      const { port } = await up({ routes: [ROUTE] })
      const session = connect(`https://127.0.0.1:${port}`, { servername: 'api.test', rejectUnauthorized: false })
      const ask = (fields: Record<string, string>) =>
        new Promise<[number | undefined, string]>((resolve, reject) => {
          let body = ''
          let status: number | undefined
          const stream = session.request({ ':path': '/orders/1', ':authority': 'api.test', ...fields })
          stream.on('response', (headers) => (status = headers[':status']))
          stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
          stream.on('end', () => resolve([status, body])).on('error', reject)
        })
      const [, authorization, , dpop] = credentials()
      expect(await ask({ authorization: authorization!, dpop: dpop! })).toEqual([200, 'orders'])
      const [status, body] = await ask({})
      expect([status, (JSON.parse(body) as { code: string }).code]).toEqual([401, 'request.uncredentialed'])
      session.close()
    })
  })
}
