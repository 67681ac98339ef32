import { createHash, randomUUID, type KeyObject } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { createKeyPair, type Receipt, signCompact, type Sink, thumbprintOf } from '@everyhop/proof'
import { createMemoryReplayStore } from './replay/memory.js'
import { createVerifier, type Verifier, type VerifierOptions } from './create-verifier.js'
import type { Fetch } from './tokens/fetch-json.js'

/** A small chain in one process: an issuer that is a map of documents, one client, one clock. */

const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, ...(y === undefined ? {} : { y }) }
}

export const SLICE: Slice = {
  version: 1,
  chain: 'orders',
  environment: 'default',
  production: false,
  manifest: 'm',
  hop: 'orders',
  kind: 'guard',
  authority: 'orders.internal',
  bases: ['https://api.test'],
  replayAuthority: true,
  issuers: [{ url: 'https://id.test', algs: ['ES256'], typ: ['at+jwt'] }],
  proof: { algs: ['ES256'], maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: 600 },
  routes: [{ pattern: '/orders/**', clients: ['shop'], bindings: ['dpop'], audience: ['https://api.test'], via: [[]], mode: 'direct', body: 'uncovered' }],
  neighbours: [],
  keys: [],
  waivers: [],
}

export type Sample = ReturnType<typeof sample>

export function sample(options: Partial<VerifierOptions> & { readonly change?: Partial<Slice> } = {}) {
  const issuer = createKeyPair('ec', { namedCurve: 'P-256' })
  const client = createKeyPair('ec', { namedCurve: 'P-256' })
  const documents = new Map<string, (form: URLSearchParams) => unknown>([
    ['https://id.test/.well-known/oauth-authorization-server', () => ({ issuer: 'https://id.test', jwks_uri: 'https://id.test/jwks' })],
    ['https://id.test/jwks', () => ({ keys: [{ ...jwkOf(issuer.publicKey), kid: 'k1', alg: 'ES256', use: 'sig' }] })],
  ])
  const fetched: string[] = []
  const fetch: Fetch = (url, { body: form }) => {
    fetched.push(url)
    const document = documents.get(url)
    const body = document === undefined ? null : [Buffer.from(JSON.stringify(document(new URLSearchParams(form))))]
    return Promise.resolve({ ok: body !== null, body: body as unknown as AsyncIterable<Uint8Array> })
  }
  const time = { now: 1_790_000_000 }
  const receipts: Receipt[] = []
  const sink: Sink = { append: (receipt) => receipts.push(receipt) }
  const { change, ...rest } = options
  const verifier: Verifier = createVerifier({
    slice: { slice: { ...SLICE, ...change }, digest: 'digest' },
    replay: createMemoryReplayStore({ since: 'always' }),
    fetch,
    sink,
    clock: () => time.now,
    ...rest,
  })

  const token = (claims: Record<string, unknown> = {}, kid = 'k1') =>
    signCompact(
      { typ: 'at+jwt', kid },
      {
        iss: 'https://id.test',
        sub: 'shop',
        aud: 'https://api.test',
        client_id: 'shop',
        jti: 'token-1',
        iat: time.now,
        exp: time.now + 300,
        cnf: { jkt: thumbprintOf(client.publicKey) },
        ...claims,
      },
      issuer.privateKey,
    )
  const proof = (forToken: string, claims: Record<string, unknown> = {}) =>
    signCompact(
      { typ: 'dpop+jwt', jwk: jwkOf(client.publicKey) },
      {
        jti: randomUUID(),
        htm: 'GET',
        htu: 'https://api.test/orders/1',
        iat: time.now,
        ath: createHash('sha256').update(forToken).digest('base64url'),
        ...claims,
      },
      client.privateKey,
    )
  return { verifier, documents, fetch, fetched, time, receipts, token, proof, issuer, client }
}
