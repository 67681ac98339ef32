import { createPrivateKey, createHash, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer, get } from 'node:https'
import { connect, type AddressInfo } from 'node:net'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import express from 'express'
import express4, { type RequestHandler as Express4Handler } from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import mount from 'koa-mount'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Slice } from '@everyhop/chain'
import { signCompact, thumbprintOf, type Proven } from '@everyhop/proof'
import { createMemoryReplayStore } from '@everyhop/verifier'
import { guard as expressGuard } from './express.js'
import { guard as fastifyGuard } from './fastify.js'
import { guard as honoGuard, type GuardEnv } from './hono.js'
import { guard as koaGuard } from './koa.js'
import { guard as nodeGuard } from './node.js'
import type { GuardOptions, Upkeep } from './open-guard.js'
import { selfSigned } from './self-signed.testkit.js'

/** Every adapter runs this over a real socket, where requests can be sent that no client library would send. */

const pair = () => generateKeyPairSync('ec', { namedCurve: 'P-256' })
const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, ...(y === undefined ? {} : { y }) }
}
const ISSUER = pair()
const CLIENT = pair()
const SERVER = pair()
const CERTIFICATES = new Map([CLIENT, SERVER].map((of) => [of, selfSigned('test', of)]))
const SLICE_KEY = generateKeyPairSync('ed25519')
const BASE = 'https://api.test'

const SLICE: Slice = {
  version: 1,
  chain: 'orders',
  environment: 'default',
  production: false,
  manifest: 'm',
  hop: 'orders',
  kind: 'guard',
  authority: 'orders.internal',
  bases: [BASE],
  replayAuthority: true,
  issuers: [{ url: 'https://id.test', algs: ['ES256'], typ: ['at+jwt'], jwksUri: 'https://id.test/jwks' }],
  proof: { algs: ['ES256'], maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: 600 },
  routes: [{ pattern: '/orders/**', clients: ['shop'], bindings: ['dpop'], audience: [BASE], via: [[]], mode: 'direct', body: 'uncovered' }],
  neighbours: [],
  keys: [],
  waivers: [],
}

const signed = (slice: Slice): string => signCompact({ typ: 'everyhop-slice+jwt' }, slice as never, SLICE_KEY.privateKey)

const options = (): GuardOptions => ({
  slice: signed(SLICE),
  sliceKey: SLICE_KEY.publicKey,
  replay: createMemoryReplayStore(),
  nonceSecrets: [Buffer.alloc(32, 7)],
  fetch: () => Promise.resolve({ ok: true, body: [Buffer.from(JSON.stringify({ keys: [{ ...jwkOf(ISSUER.publicKey), kid: 'k1' }] }))] as never }),
})

/** Each is mounted the way its framework mounts: the guard has to see the target from before the prefix was cut. */
const ADAPTERS: Readonly<Record<string, (options: GuardOptions) => Promise<Opened>>> = {
  'node:http': async (given) => {
    const check = nodeGuard(given)
    const listener: Opened['listener'] = (request, response) => {
      void check(request, response).then((mayPass) => {
        if (mayPass) response.end(told(request.proof))
      })
    }
    return { listener, upkeep: check }
  },
  'Express 5': async (given) => {
    const check = expressGuard(given)
    const router = express.Router()
    router.use(check)
    router.get('/{*rest}', (request, response) => void response.send(told(request.proof)))
    return { listener: express().use('/orders', router), upkeep: check }
  },
  'Express 4': async (given) => {
    const check = expressGuard(given)
    const router = express4.Router()
    // Where Express 4 is installed as `express`, its own types stand behind the guard's.
    router.use(check as unknown as Express4Handler)
    router.get('/*', (request, response) => void response.send(told(request.proof)))
    return { listener: express4().use('/orders', router), upkeep: check }
  },
  'Fastify 5': async (given) => {
    const check = fastifyGuard(given)
    const app = Fastify({ rewriteUrl: ({ url = '' }) => url.replace('/orders', '/v1/items') })
    app.register(
      async (scope) => {
        scope.addHook('onRequest', check)
        scope.get('/*', (request, reply) => reply.send(told(request.proof)))
      },
      { prefix: '/v1' },
    )
    await app.ready()
    return { listener: (request, response) => app.routing(request, response), upkeep: check }
  },
  'Koa 3': async (given) => {
    const check = koaGuard(given)
    const inner = new Koa()
    inner.use(check)
    inner.use((context) => void (context.body = told(context.proof)))
    return { listener: new Koa().use(mount('/orders', inner)).callback(), upkeep: check }
  },
  'Koa 3 in Express 5': async (given) => {
    const check = koaGuard(given)
    const inner = new Koa()
    inner.use(check)
    inner.use((context) => void (context.body = told(context.proof)))
    return { listener: express().use('/orders', inner.callback()), upkeep: check }
  },
  'Hono 4': async (given) => {
    const check = honoGuard(given)
    const inner = new Hono<GuardEnv>()
    inner.use(check)
    inner.get('/*', (context) => new Response(told(context.get('proof'))))
    const app = new Hono<{ Bindings: HttpBindings }>().mount('/orders', inner.fetch)
    return { listener: getRequestListener((request, env) => app.fetch(request, env as HttpBindings)), upkeep: check }
  },
}

type Opened = { readonly listener: (request: IncomingMessage, response: ServerResponse) => unknown; readonly upkeep: Upkeep }
const told = (proven: Proven | undefined): string => `${proven?.client} ${proven?.binding}`

const token = (claims: object = {}) =>
  signCompact(
    { typ: 'at+jwt', kid: 'k1' },
    {
      iss: 'https://id.test',
      sub: 'shop',
      aud: BASE,
      client_id: 'shop',
      jti: 't',
      iat: now(),
      exp: now() + 300,
      cnf: { jkt: thumbprintOf(CLIENT.publicKey) },
      ...claims,
    },
    ISSUER.privateKey,
  )
const proof = (of: string, claims: object = {}) =>
  signCompact(
    { typ: 'dpop+jwt', jwk: jwkOf(CLIENT.publicKey) },
    { jti: randomUUID(), htm: 'GET', htu: `${BASE}/orders/1`, iat: now(), ath: createHash('sha256').update(of).digest('base64url'), ...claims },
    CLIENT.privateKey,
  )
/** Status of one request over TLS with the certificate of this key pair, or with none. */
const statusOver = (server: Server, bound: string, client: typeof CLIENT | undefined): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const { port } = server.address() as AddressInfo
    const given = client && identity(client)
    const headers = { authorization: `Bearer ${bound}` }
    get({ port, path: '/orders/1', headers, agent: false, rejectUnauthorized: false, ...given }, (answer) => resolve(answer.resume().statusCode)).on(
      'error',
      reject,
    )
  })
const identity = (of: typeof CLIENT) => ({
  key: of.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  cert: CERTIFICATES.get(of)!.toString(),
})
const now = () => Math.floor(Date.now() / 1000)

type Answer = { readonly status: number; readonly head: string; readonly body: string }

for (const [name, open] of Object.entries(ADAPTERS)) {
  describe(name, () => {
    let server: Server
    let upkeep: Upkeep
    beforeAll(async () => {
      const opened = await open(options())
      upkeep = opened.upkeep
      server = createServer((request, response) => void opened.listener(request, response))
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    })
    afterAll(() => void server.close())

    const send = (lines: readonly string[], target = '/orders/1', method = 'GET'): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
        let text = ''
        socket.on('data', (chunk) => (text += chunk.toString('latin1')))
        socket.on('error', reject)
        socket.on('close', () => {
          const [head = '', ...body] = text.split('\r\n\r\n')
          resolve({ status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') })
        })
        socket.end([`${method} ${target} HTTP/1.1`, 'Host: evil.test', 'Connection: close', ...lines, '', ''].join('\r\n'))
      })
    const honest = (of = token()) => [`Authorization: DPoP ${of}`, `DPoP: ${proof(of)}`]

    test('lets an honest request through and tells the handler what it proved', async () => {
      const answer = await send(honest())
      expect(answer.status).toBe(200)
      expect(answer.body).toContain('shop dpop')
    })

    test('refuses the copy of a proof', async () => {
      const lines = honest()
      expect((await send(lines)).status).toBe(200)
      const again = await send(lines)
      expect(again.status).toBe(401)
      expect(again.head).toMatch(/^www-authenticate: DPoP error="invalid_dpop_proof", algs="ES256"\r?$/im)
      expect(JSON.parse(again.body)).toMatchObject({ code: 'proof.replayed', hop: 'orders' })
    })

    const of = token()
    const REFUSED: readonly (readonly [code: string, status: number, lines: () => readonly string[], target?: string])[] = [
      ['request.uncredentialed', 401, () => []],
      ['token.scheme', 401, () => [`Authorization: Bearer ${of}`]],
      ['proof.missing', 401, () => [`Authorization: DPoP ${of}`]],
      ['proof.repeated', 401, () => [...honest(of), `dpop: ${proof(of)}`]],
      ['proof.malformed', 401, () => [`Authorization: DPoP ${of}`, `DPoP: ${proof(of)}, ${proof(of)}`]],
      ['request.authorization', 400, () => [`Authorization: DPoP ${of}`, `Authorization: Bearer ${of}`, `DPoP: ${proof(of)}`]],
      ['proof.target', 401, () => [`Authorization: DPoP ${of}`, `DPoP: ${proof(of, { htu: 'https://evil.test/orders/1' })}`]],
      ['proof.target', 401, () => honest(of), '/orders/2'],
      ['path.stray', 403, () => [...honest(of), 'Client-Cert: :AAAA:']],
      ['path.stray', 403, () => [...honest(of), 'Client_Cert: :AAAA:']],
      ['path.stray', 403, () => [...honest(of), 'X-SSL-Client-Verify: SUCCESS']],
      ['request.trailer', 400, () => [...honest(of), 'Trailer: DPoP']],
      ['request.early-data', 425, () => [...honest(of), 'Early-Data: 1']],
      ['request.target', 400, () => honest(of), '/orders/%2e%2e/orders/1'],
    ]
    for (const [code, status, lines, target] of REFUSED) {
      test(`refuses with ${code}${target === undefined ? '' : ` at ${target}`}`, async () => {
        const answer = await send(lines(), target)
        expect([answer.status, JSON.parse(answer.body).code]).toEqual([status, code])
        expect(answer.head).toMatch(/^cache-control: no-store\r?$/im)
        expect(answer.head + answer.body).not.toContain(of)
      })
    }

    test('no credentials: a challenge without an error', async () => {
      const { head } = await send([])
      expect(head).toMatch(/^www-authenticate: DPoP algs="ES256"\r?$/im)
      expect(head).not.toContain('error=')
    })

    test('gives the refusal as the verifier made it: several challenges stay several, and no charset is added', async () => {
      upkeep.reload(signed({ ...SLICE, routes: [{ ...SLICE.routes[0]!, bindings: ['dpop', 'mtls'] }] }))
      const { head } = await send([])
      upkeep.reload(signed(SLICE))
      expect(head.match(/(?<=^www-authenticate: )\w+/gim)).toEqual(['DPoP', 'Bearer'])
      expect(head).toMatch(/^content-type: application\/problem\+json\r?$/im)
    })

    test('gives a nonce with a refusal and with a success, which caches must not keep', async () => {
      await upkeep.ready()
      upkeep.reload(signed({ ...SLICE, proof: { ...SLICE.proof, nonce: 'required' } }))
      const { head } = await send(honest())
      const nonce = /(?<=^dpop-nonce: )\S+/im.exec(head)?.[0]
      expect(head).toContain('error="use_dpop_nonce"')
      const answer = await send([`Authorization: DPoP ${of}`, `DPoP: ${proof(of, { nonce })}`])
      upkeep.reload(signed(SLICE))
      expect([answer.status, answer.body]).toEqual([200, expect.stringContaining('shop dpop')])
      expect(answer.head).toMatch(/^dpop-nonce: \S+\r?$/im)
      expect(answer.head).toMatch(/^cache-control: no-store\r?$/im)
    })

    test('takes the certificate from the TLS connection itself, and from no other', async () => {
      const { listener, upkeep } = await open(options())
      upkeep.reload(signed({ ...SLICE, routes: [{ ...SLICE.routes[0]!, bindings: ['mtls'] }] }))
      const tls = createTlsServer(
        { ...identity(SERVER), requestCert: true, rejectUnauthorized: false },
        (request, response) => void listener(request, response),
      )
      await new Promise<void>((resolve) => tls.listen(0, '127.0.0.1', resolve))
      const bound = token({ cnf: { 'x5t#S256': createHash('sha256').update(CERTIFICATES.get(CLIENT)!.raw).digest('base64url') } })
      const statuses = await Promise.all([CLIENT, SERVER, undefined].map((client) => statusOver(tls, bound, client)))
      tls.close()
      expect(statuses).toEqual([200, 401, 401])
    })

    test('keeps the slice in force where another is no good', async () => {
      expect(() => upkeep.reload('version: 1')).toThrow(/everyhop compile/)
      expect((await send(honest())).status).toBe(200)
    })

    test('proof fields named by Connection are judged all the same', async () => {
      expect((await send([...honest(), 'Connection: DPoP'])).status).toBe(200)
    })
  })
}

describe('what stops the start', () => {
  test('a slice signed with another key', () => {
    expect(() => nodeGuard({ ...options(), sliceKey: generateKeyPairSync('ed25519').publicKey })).toThrow(/not signed with the key/)
  })
  test('a slice that is no slice', () => {
    expect(() => nodeGuard({ ...options(), slice: 'version: 1' })).toThrow(/everyhop compile/)
  })
  test('a key that is no key', () => {
    expect(() => nodeGuard({ ...options(), sliceKey: {} })).toThrow(/sliceKey/)
  })
  test('no replay store', () => {
    expect(() => nodeGuard({ ...options(), replay: undefined as never })).toThrow(/replay store/)
  })
})

test('the slice key may come as a JWK, and a private one is never needed', () => {
  const jwk = createPrivateKey(SLICE_KEY.privateKey.export({ format: 'pem', type: 'pkcs8' })).export({ format: 'jwk' })
  expect(() => nodeGuard({ ...options(), sliceKey: { kty: jwk.kty!, crv: jwk.crv!, x: jwk.x! } })).not.toThrow()
})
