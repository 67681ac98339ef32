import { createKeyPair } from '@everyhop/proof'
import { createHash, randomUUID, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Slice } from '@everyhop/chain'
import { createMemoryReplayStore, createVerifier, evidenceFrom, type IntrospectionCredentials } from '@everyhop/verifier'
import { exportJWK, SignJWT } from 'jose'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'

/** Opaque tokens of an authorization server that is not ours, asked about with each kind of credentials. */

const API = 'https://api.test'
/** Of everything that form encoding and Basic treat as special. */
const SECRET = `s%+:cr et~'()*!&=`.padEnd(40, 'z')
const shop = createKeyPair('ec', { namedCurve: 'P-256' })
const guard = createKeyPair('ec', { namedCurve: 'P-256' })

let server: Server
let issuer: string

beforeAll(async () => {
  server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const asking = { grant_types: [], redirect_uris: [], response_types: [] }
  // It warns that it keeps everything in memory, which is what is wanted here, and of Node 20.
  const warn = vi.spyOn(console, 'warn').mockImplementation(() => undefined)
  const { Provider } = await import('oidc-provider')
  const provider = new Provider(issuer, {
    clients: [
      { client_id: 'shop', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post', ...asking, grant_types: ['client_credentials'] },
      { client_id: 'guard basic', client_secret: SECRET, ...asking },
      { client_id: 'guard post', client_secret: SECRET, token_endpoint_auth_method: 'client_secret_post', ...asking },
      { client_id: 'guard key', token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: [await exportJWK(guard.publicKey)] }, ...asking } as never,
    ],
    jwks: { keys: [{ ...(await exportJWK(createKeyPair('rsa', { modulusLength: 2048 }).privateKey)), use: 'sig' }] } as never,
    ttl: { ClientCredentials: 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      introspection: { enabled: true, allowedPolicy: () => true },
      revocation: { enabled: true, allowedPolicy: () => true },
      resourceIndicators: {
        enabled: true,
        defaultResource: () => API,
        getResourceServerInfo: () => ({ scope: '', audience: API, accessTokenFormat: 'opaque', accessTokenTTL: 300 }),
      },
    },
  })
  warn.mockRestore()
  const answer = provider.callback()
  server.on('request', (request, response) => void answer(request, response))
})
afterAll(() => {
  server.close()
  server.closeAllConnections()
})

const proofOf = async (key: { publicKey: KeyObject; privateKey: KeyObject }, claims: object): Promise<string> =>
  new SignJWT({ ...claims })
    .setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk: await exportJWK(key.publicKey) })
    .setIssuedAt()
    .setJti(randomUUID())
    .sign(key.privateKey)

const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(issuer + path, { method: 'POST', headers, body: new URLSearchParams({ client_id: 'shop', client_secret: SECRET, ...fields }) })

async function issue(): Promise<string> {
  const answer = await post('/token', { grant_type: 'client_credentials' }, { DPoP: await proofOf(shop, { htm: 'POST', htu: `${issuer}/token` }) })
  return ((await answer.json()) as { readonly access_token: string }).access_token
}

function verifierWith(credentials: IntrospectionCredentials, clock = () => Date.now() / 1000) {
  const slice: Slice = {
    version: 1,
    chain: 'orders',
    environment: 'default',
    production: false,
    manifest: 'm',
    hop: 'orders',
    kind: 'guard',
    authority: 'orders.internal',
    bases: [API],
    replayAuthority: true,
    issuers: [{ url: issuer, algs: [], typ: [], introspection: `${issuer}/token/introspection` }],
    proof: { algs: ['ES256'], maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: 600 },
    routes: [{ pattern: '/**', clients: ['shop'], bindings: ['dpop'], audience: [API], via: [[]], mode: 'direct', body: 'uncovered' }],
    neighbours: [],
    keys: [],
    waivers: [],
  }
  return createVerifier({
    slice: { slice, digest: 'd' },
    replay: createMemoryReplayStore({ since: 'always' }),
    introspection: { [issuer]: credentials },
    clock,
  })
}

const CREDENTIALS: readonly IntrospectionCredentials[] = [
  { method: 'client_secret_basic', clientId: 'guard basic', clientSecret: SECRET },
  { method: 'client_secret_post', clientId: 'guard post', clientSecret: SECRET },
  { method: 'private_key_jwt', clientId: 'guard key', key: guard.privateKey },
]
for (const credentials of CREDENTIALS) {
  test(`${credentials.method}: a bound token is let in with its proof, with no other, and no more once it is revoked`, async () => {
    let ahead = 0
    const verifier = verifierWith(credentials, () => Date.now() / 1000 + ahead)
    await verifier.ready()
    const token = await issue()
    const ask = async (key = shop): Promise<string> => {
      const ath = createHash('sha256').update(token).digest('base64url')
      const rawHeaders = ['Authorization', `DPoP ${token}`, 'DPoP', await proofOf(key, { htm: 'GET', htu: `${API}/orders`, ath })]
      const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders', rawHeaders }))
      return decision.verdict === 'deny' ? decision.code : decision.proven.client
    }
    expect([await ask(), await ask(guard)]).toEqual(['shop', 'token.other-key'])
    expect((await post('/token/revocation', { token })).status).toBe(200)
    ahead = 1
    expect(await ask()).toBe('token.inactive')
  })
}

test('credentials that the issuer does not take are found at the start', async () => {
  const verifier = verifierWith({ method: 'client_secret_basic', clientId: 'guard basic', clientSecret: 'wrong' })
  await expect(verifier.ready()).rejects.toMatchObject({ code: 'config.issuer', message: expect.stringContaining('status 401') as string })
})
