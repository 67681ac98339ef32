import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { CODES } from './codes.js'
import { NO_HOP, POLICY, ROUTE } from './honest.testkit.js'
import { importJwk, readProofKey } from './proof-key.js'
import { judge } from './judge.js'
import type { IssuerKeys, Policy } from './policy.js'
import { readObject } from './strict-json.js'
import { readTarget } from './target.js'

/** Published and generated vectors lie beside a development checkout; users do not have them. */
const VECTORS = new URL('../../../../shared/vectors/', import.meta.url)
const read = (name: string) => JSON.parse(readFileSync(new URL(name, VECTORS), 'utf8'))

/** Each negative vector and the code that it must meet, and no other. */
const CODE_OF: Readonly<Record<string, string>> = {
  'no-proof': 'proof.missing',
  'two-dpop-headers': 'proof.repeated',
  'comma-joined': 'proof.malformed',
  'bearer-downgrade': 'token.scheme',
  'bearer-downgrade-with-proof': 'token.scheme',
  'unbound-token-under-dpop-scheme': 'token.unbound',
  'attacker-key': 'token.other-key',
  'jwk-says-victim-signed-by-attacker': 'proof.signature',
  'alg-none': 'proof.alg',
  'alg-None': 'proof.alg',
  'alg-nOnE': 'proof.alg',
  'alg-HS256-keyed-with-public-pem': 'proof.alg',
  'jwk-oct': 'proof.private-key',
  'jwk-private': 'proof.private-key',
  'jwk-missing-kid-only': 'proof.incomplete',
  'psychic-signature-zero': 'proof.signature',
  'der-encoded-ecdsa': 'proof.signature',
  'crit-unknown': 'proof.critical',
  'b64-false': 'proof.critical',
  'htm-POST': 'proof.method',
  'htm-lowercase': 'proof.method',
  'htm-array': 'proof.incomplete',
  'htu-array': 'proof.incomplete',
  'iat-old': 'proof.stale',
  'iat-future': 'proof.early',
  'iat-string': 'proof.incomplete',
  'iat-ms': 'proof.early',
  'iat-negative': 'proof.stale',
  'iat-1e308': 'proof.early',
  'jti-empty': 'proof.jti',
  'jti-number': 'proof.incomplete',
  'jti-4kB': 'proof.jti',
  'replay-2-same-proof': 'proof.replayed',
}

function codeOf(id: string): string {
  if (id.startsWith('missing-')) return 'proof.incomplete'
  if (id.startsWith('typ-')) return 'proof.typ'
  if (id.startsWith('ath-')) return 'proof.token-hash'
  return CODE_OF[id] ?? (id.startsWith('htu-') ? 'proof.target' : '')
}

describe.skipIf(!existsSync(VECTORS))('published vectors', () => {
  if (!existsSync(VECTORS)) return
  const { cases, issuer_jwk: issuerJwk } = read('dpop-negative.json')
  const issuer = 'https://as.example.test'
  const policy: Policy = {
    ...POLICY,
    issuers: new Map([[issuer, { issuer, algs: new Set(['ES256'] as const), typs: new Set(['at+jwt']), maxLifetime: 600, extraConfirmation: false }]]),
    bases: [readTarget('https://api.example.test')!],
    routes: [{ ...ROUTE, matches: () => true, clients: new Set(['c1']), audiences: new Set(['https://api.example.test']) }],
    proofAlgs: new Set(['ES256'] as const),
  }
  const key = createPublicKey({ key: issuerJwk, format: 'jwk' })
  const keys: IssuerKeys = { find: () => key }
  const spent = new Set<string>()

  for (const vector of cases) {
    if (vector.expect === 'reject-if-nonces-used') continue
    const expected = vector.expect === 'accept' ? 'allow' : codeOf(vector.id)
    test(`${vector.id}: ${expected}`, () => {
      const evidence = {
        now: vector.now,
        method: vector.method,
        target: vector.url.replace('https://api.example.test', '').replace(/#.*/, ''),
        authorization: [vector.authorization],
        dpop: vector.dpop,
        earlyData: false,
        trailers: false,
        hop: NO_HOP,
      }
      const judged = judge(evidence, policy, keys)
      if (judged.verdict === 'deny') {
        expect(judged.code).toBe(expected)
        if (vector.error && !vector.error.includes('/') && !vector.error.includes(' ')) expect(CODES[judged.code].error).toBe(vector.error)
        return
      }
      const [spend] = judged.spends
      const isReplay = spent.has(spend!.id)
      spent.add(spend!.id)
      expect(isReplay ? spend!.spent : 'allow').toBe(expected)
    })
  }

  const targets = read('htu-normalization.json')
  for (const [left, right] of targets.equivalence_expected_true)
    test(`${left} is ${right}`, () => expect(readTarget(left)).toBe(readTarget(right) ?? 'a plain target'))
  for (const [left, right] of targets.equivalence_expected_false) test(`${left} is not ${right}`, () => expect(readTarget(left)).not.toBe(readTarget(right)))

  for (const { jwk, thumbprint_expected: thumbprint } of read('rfc7638.json').vectors) {
    test(`RFC 7638: the thumbprint of an ${jwk.kty} key`, () => {
      const key = readProofKey(jwk)
      expect(typeof key === 'string' ? key : key.jkt).toBe(thumbprint)
      expect(typeof key !== 'string' && importJwk(key)).toBeTruthy()
    })
  }
})

test('members named twice are seen at every depth, and only there', () => {
  for (const text of ['{"a":1,"a":2}', '{"a":{"b":1,"\\u0062":2}}', '{"a":[{"b":1,"b":1}]}']) expect(readObject(text)).toBeUndefined()
  for (const text of ['{"a":{"a":1},"b":["a","a"]}', '{"a":"\\"a\\":1,\\"a\\":2"}', '{}']) expect(readObject(text)).toBeDefined()
})
