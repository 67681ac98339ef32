import { assert, asyncProperty, constantFrom, dictionary, integer, json, jsonValue, oneof, string, type Arbitrary } from 'fast-check'
import { expect, test } from 'vitest'
import { CODES } from '@everyhop/proof'
import { evidenceFrom } from '../evidence-from.js'
import { sample, SLICE, type Sample } from '../sample.testkit.js'

/** Issuers that answer anything at all: nothing throws, nothing is let in, and what is refused has a code. */

const NAMES = [
  'keys',
  'issuer',
  'jwks_uri',
  'active',
  'kty',
  'crv',
  'x',
  'y',
  'n',
  'e',
  'd',
  'k',
  'kid',
  'use',
  'key_ops',
  'alg',
  'cnf',
  'exp',
  'client_id',
  'aud',
  'token_type',
]
const VALUES = [
  'https://id.test',
  'https://id.test/jwks',
  'EC',
  'OKP',
  'RSA',
  'oct',
  'P-256',
  'Ed25519',
  'sig',
  'verify',
  'ES256',
  'k1',
  'shop',
  'https://api.test',
  'AQAB',
  true,
  1e308,
]
const hostile: Arbitrary<unknown> = oneof(
  jsonValue(),
  dictionary(constantFrom(...NAMES), oneof(constantFrom(...VALUES), jsonValue(), string(), integer())),
  dictionary(constantFrom('keys'), jsonValue()),
)
const keys: Arbitrary<unknown> = dictionary(constantFrom(...NAMES), oneof(constantFrom(...VALUES), string())).map((key) => ({
  keys: [key, { ...key, kty: 'EC', crv: 'P-256' }],
}))

async function ask({ verifier, proof }: Sample, token: string): Promise<string> {
  const rawHeaders = ['Authorization', `DPoP ${token}`, 'DPoP', proof(token)]
  const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders }))
  return decision.verdict === 'deny' ? decision.code : 'allow'
}

const credentials = { method: 'client_secret_post', clientId: 'guard', clientSecret: 's3cret' } as const
const chainOf = (documents: Readonly<Record<string, unknown>>): Sample => {
  const chain = sample({
    introspection: { 'https://id.test': credentials },
    change: { issuers: [{ ...SLICE.issuers[0]!, introspection: 'https://id.test/introspect' }] },
  })
  for (const [url, document] of Object.entries(documents)) chain.documents.set(url, () => document)
  return chain
}

test.each([
  ['metadata', 'https://id.test/.well-known/oauth-authorization-server', hostile],
  ['a set of keys', 'https://id.test/jwks', hostile],
  ['a set of almost keys', 'https://id.test/jwks', keys],
])('as %s', async (_, url, arbitrary) => {
  await assert(
    asyncProperty(arbitrary, async (document) => {
      const chain = chainOf({ [url]: document })
      const code = await ask(chain, chain.token())
      expect(['keys.unavailable', 'token.unknown-key', 'token.signature']).toContain(code)
      await expect(chain.verifier.ready()).rejects.toMatchObject({ code: 'config.issuer' })
    }),
    { numRuns: 300 },
  )
})

test('as an answer about a token', async () => {
  await assert(
    asyncProperty(hostile, async (document) => {
      const code = await ask(chainOf({ 'https://id.test/introspect': document }), 'opaque')
      expect(Object.keys(CODES)).toContain(code)
    }),
    { numRuns: 300 },
  )
})

test('as text that is no JSON object, or not one only', async () => {
  await assert(
    asyncProperty(oneof(string(), json()), async (text) => {
      const chain = sample({ fetch: () => Promise.resolve({ ok: true, body: [Buffer.from(text)] as never }) })
      expect(await ask(chain, chain.token())).toBe('keys.unavailable')
    }),
    { numRuns: 300 },
  )
})
