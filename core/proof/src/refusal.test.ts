import { describe, expect, test } from 'vitest'
import { CODES, type Code } from './codes.js'
import { refuse } from './decision.js'
import { issuerRefusalOf, refusalOf, type Refusal, type RefusalContext } from './refusal.js'

/** Who refuses whom for what: one row a condition, and every code in exactly one row. RFC 9449 §5, §7.1, §7.2, §9; RFC 6750 §3; RFC 8705 §3. */
type Row = {
  readonly condition: string
  readonly codes: (code: Code) => boolean
  readonly status: number
  /** What stands on the challenges of a resource that takes both schemes; null for no challenge at all. */
  readonly dpop: string | null
  readonly bearer: string | null
  /** What a token endpoint says instead. */
  readonly issuer: readonly [status: number, error: string]
}

const among =
  (...codes: readonly Code[]) =>
  (code: Code) =>
    codes.includes(code)
const isOfProof = (code: Code) => code.startsWith('proof.') && !among('proof.missing', 'proof.nonce', 'proof.nonce-missing')(code)
const isOfToken = (code: Code) => code.startsWith('token.') || code.startsWith('waiver.') || code === 'proof.missing' || code === 'revocation.forgotten'
const isOfHop = (code: Code) => /^(?:path|attestation)\./.test(code) || code === 'route.undeclared'
const isOfVerifier = (code: Code) =>
  /^(?:replay|keys|introspection|revocation|exchange|verifier)\./.test(code) && !among('replay.limit', 'revocation.forgotten')(code)

const TABLE: readonly Row[] = [
  {
    condition: 'nothing was sent that could be judged',
    codes: among('request.uncredentialed', 'request.scheme'),
    status: 401,
    dpop: 'DPoP algs="ES256 PS256"',
    bearer: 'Bearer',
    issuer: [400, 'invalid_request'],
  },
  {
    condition: 'two methods, or a malformed request',
    codes: among('request.authorization', 'request.target', 'request.trailer', 'request.content-digest'),
    status: 400,
    dpop: 'DPoP error="invalid_request", algs="ES256 PS256"',
    bearer: 'Bearer error="invalid_request"',
    issuer: [400, 'invalid_request'],
  },
  {
    condition: 'the token is no good, or not bound to what was proven',
    codes: isOfToken,
    status: 401,
    dpop: 'DPoP error="invalid_token", algs="ES256 PS256"',
    bearer: 'Bearer error="invalid_token"',
    issuer: [400, 'invalid_request'],
  },
  {
    condition: 'the proof fails',
    codes: isOfProof,
    status: 401,
    dpop: 'DPoP error="invalid_dpop_proof", algs="ES256 PS256"',
    bearer: 'Bearer',
    issuer: [400, 'invalid_dpop_proof'],
  },
  {
    condition: 'a nonce is missing or too old',
    codes: among('proof.nonce', 'proof.nonce-missing'),
    status: 401,
    dpop: 'DPoP error="use_dpop_nonce", algs="ES256 PS256"',
    bearer: 'Bearer',
    issuer: [400, 'use_dpop_nonce'],
  },
  { condition: 'early data', codes: among('request.early-data'), status: 425, dpop: null, bearer: null, issuer: [425, 'invalid_request'] },
  { condition: 'too much content', codes: among('request.content-too-large'), status: 413, dpop: null, bearer: null, issuer: [413, 'invalid_request'] },
  { condition: 'too many live proofs', codes: among('replay.limit'), status: 429, dpop: null, bearer: null, issuer: [429, 'invalid_request'] },
  { condition: 'it came another way', codes: isOfHop, status: 403, dpop: null, bearer: null, issuer: [400, 'invalid_request'] },
  { condition: 'the verifier cannot decide', codes: isOfVerifier, status: 503, dpop: null, bearer: null, issuer: [503, 'temporarily_unavailable'] },
]

const BOTH: RefusalContext = { hop: 'orders', algs: ['ES256', 'PS256'], schemes: ['DPoP', 'Bearer'] }
const ALL = Object.keys(CODES) as Code[]
const valuesOf = ({ fields }: Refusal, name: string) => fields.filter(([field]) => field === name).map(([, value]) => value)
const present = (...values: readonly (string | null)[]) => values.filter((value) => value !== null)

test('every code is in exactly one row', () => {
  for (const code of ALL) expect([code, TABLE.filter(({ codes }) => codes(code)).length]).toEqual([code, 1])
})

for (const { condition, codes, status, dpop, bearer, issuer } of TABLE) {
  describe(`${status}: ${condition}`, () => {
    for (const code of ALL.filter((one) => codes(one))) {
      test(code, () => {
        const deny = refuse(code)
        const both = refusalOf(deny, BOTH)
        expect([both.status, valuesOf(both, 'WWW-Authenticate')]).toEqual([status, present(dpop, bearer)])
        expect(valuesOf(refusalOf(deny, { ...BOTH, schemes: ['DPoP'] }), 'WWW-Authenticate')).toEqual(present(dpop))
        expect(valuesOf(refusalOf(deny, { ...BOTH, schemes: ['Bearer'] }), 'WWW-Authenticate')).toEqual(present(bearer))
        expect(JSON.parse(both.body)).toEqual({ type: 'about:blank', title: expect.any(String), status, code, detail: CODES[code].title, hop: 'orders' })

        const atIssuer = issuerRefusalOf(deny, 'n-1')
        expect([atIssuer.status, JSON.parse(atIssuer.body)]).toEqual([issuer[0], { error: issuer[1], error_description: CODES[code].title }])
        expect([valuesOf(atIssuer, 'WWW-Authenticate'), valuesOf(atIssuer, 'DPoP-Nonce')]).toEqual([[], ['n-1']])
      })
    }
  })
}

describe('fields of every refusal', () => {
  for (const code of ['proof.nonce-missing', 'token.expired', 'replay.full', 'replay.limit', 'path.stray'] as const) {
    test(code, () => {
      const refusal = refusalOf(refuse(code), { ...BOTH, nonce: 'n-1' })
      expect(valuesOf(refusal, 'DPoP-Nonce')).toEqual(['n-1'])
      expect(valuesOf(refusal, 'Cache-Control')).toEqual(['no-store'])
      expect(valuesOf(refusal, 'Access-Control-Expose-Headers')).toEqual(['WWW-Authenticate, DPoP-Nonce, Retry-After'])
      expect(valuesOf(refusal, 'Retry-After')).toEqual(code.startsWith('replay.') ? ['1'] : [])
    })
  }
})

test('challenges name the metadata of the resource, where it has some', () => {
  const refusal = refusalOf(refuse('token.expired'), { ...BOTH, resourceMetadata: 'https://api.test/.well-known/oauth-protected-resource' })
  expect(valuesOf(refusal, 'WWW-Authenticate')).toEqual([
    'DPoP error="invalid_token", algs="ES256 PS256", resource_metadata="https://api.test/.well-known/oauth-protected-resource"',
    'Bearer error="invalid_token", resource_metadata="https://api.test/.well-known/oauth-protected-resource"',
  ])
})
