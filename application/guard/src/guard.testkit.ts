import { createHash, randomUUID, type KeyObject } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { createKeyPair, type Proven, signCompact, thumbprintOf } from '@everyhop/proof'
import { createMemoryReplayStore } from '@everyhop/verifier'
import type { GuardOptions, Signed } from './guard-options.js'
import { selfSigned } from './self-signed.testkit.js'

/** An issuer, a client and a slice, from which each test spoils one thing. */

export type Pair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }
export const pair = (): Pair => createKeyPair('ec', { namedCurve: 'P-256' })
export const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, ...(y === undefined ? {} : { y }) }
}

export const ISSUER = pair()
export const CLIENT = pair()
export const SERVER = pair()
export const SLICE_KEY = createKeyPair('ed25519')
export const BASE = 'https://api.test'
const CERTIFICATES = new Map([CLIENT, SERVER].map((of) => [of, selfSigned('test', of)]))

/** DER. */
export const certificateOf = (of: Pair): Buffer => CERTIFICATES.get(of)!.raw
export const pemOf = (of: Pair): string => CERTIFICATES.get(of)!.toString()
export const thumbprintOfCertificate = (of: Pair): string => createHash('sha256').update(certificateOf(of)).digest('base64url')

/** As `node:tls` takes it. */
export const identity = (of: Pair) => ({
  key: of.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  cert: pemOf(of),
})

export const SLICE: Slice = {
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

/** The slice with its one route changed. */
export const routed = (change: Partial<Slice['routes'][number]>): Slice => ({ ...SLICE, routes: [{ ...SLICE.routes[0]!, ...change }] })

export const signed = (slice: Slice): string => signCompact({ typ: 'everyhop-slice+jwt' }, slice as never, SLICE_KEY.privateKey)

export const JWKS = JSON.stringify({ keys: [{ ...jwkOf(ISSUER.publicKey), kid: 'k1' }] })

/** What the guard needs from outside, without any network. */
export const surroundings = (): Pick<GuardOptions, 'replay' | 'nonceSecrets' | 'fetch'> => ({
  replay: createMemoryReplayStore({ since: 'always' }),
  nonceSecrets: [Buffer.alloc(32, 7)],
  fetch: () => Promise.resolve({ ok: true, status: 200, body: [Buffer.from(JWKS)] } as never),
})

export const options = (slice = SLICE): GuardOptions & Signed => ({ slice: signed(slice), sliceKey: SLICE_KEY.publicKey, ...surroundings() })

export const now = () => Math.floor(Date.now() / 1000)

export const token = (claims: object = {}) =>
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

export const boundToCertificate = (of: Pair) => token({ cnf: { 'x5t#S256': thumbprintOfCertificate(of) } })

export const proof = (of: string, claims: object = {}) =>
  signCompact(
    { typ: 'dpop+jwt', jwk: jwkOf(CLIENT.publicKey) },
    { jti: randomUUID(), htm: 'GET', htu: `${BASE}/orders/1`, iat: now(), ath: createHash('sha256').update(of).digest('base64url'), ...claims },
    CLIENT.privateKey,
  )

/** Fields of an honest request, as they go on the wire. */
export const honest = (of = token(), claims: object = {}): readonly string[] => [`Authorization: DPoP ${of}`, `DPoP: ${proof(of, claims)}`]

/** What each handler of the tests answers: what it was told, and what its body parser made of the content. */
export const told = (proven: Proven | undefined, body?: unknown): string => JSON.stringify({ client: proven?.client, binding: proven?.binding, body })
