import { describe, expect, test } from 'vitest'
import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import { explain } from './explain.js'
import {
  ATTESTED,
  attestedBy,
  CERTIFICATE,
  honest,
  ISSUER_KEYS,
  issuing,
  JKT,
  KEYS,
  NOW,
  POLICY,
  proofWith,
  ROUTE,
  verdictOf,
  withFields,
  X5T,
} from './honest.testkit.js'
import { judge } from './judge.js'
import { createMemo } from './memo.js'
import type { IssuerKeys, Policy, WaiverPolicy } from './policy.js'
import { readIntrospection } from './read-introspection.js'
import type { Json } from './strict-json.js'
import { sha256 } from './thumbprint.js'

/** The opaque token of RFC 9449 §7.1. */
const OPAQUE = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
const HASH = sha256(OPAQUE)
const ANSWER = {
  active: true,
  iss: 'https://id.test',
  client_id: 'shop',
  sub: 'alice',
  aud: 'https://api.test',
  scope: 'orders read',
  iat: NOW - 60,
  exp: NOW + 240,
  jti: 'token-9',
  token_type: 'DPoP',
  cnf: { jkt: JKT },
}

const answered = (changes: Json = {}): IssuerKeys => ({
  ...ISSUER_KEYS,
  introspected: () => readIntrospection({ ...ANSWER, ...changes }, 'https://id.test', HASH),
})
const UNASKED: IssuerKeys = { ...ISSUER_KEYS, introspected: () => undefined }
const opaque = (changes: Partial<Evidence> = {}): Evidence => honest({ authorization: [`DPoP ${OPAQUE}`], dpop: [proofWith({ ath: HASH })], ...changes })
const bearer = (changes: Partial<Evidence> = {}): Evidence => opaque({ authorization: [`Bearer ${OPAQUE}`], dpop: [], ...changes })
const WAIVER: WaiverPolicy = { id: 'W', client: 'shop', from: 0, until: NOW + 1, routes: new Set(['/orders/**']), audiences: new Set(), maxLifetime: 300 }
const waived = (changes: Partial<WaiverPolicy> = {}): Policy => ({ ...POLICY, waivers: [{ ...WAIVER, ...changes }] })
const WAIVED = waived()

test('a token that its issuer vouches for is judged like any other, and tells what it proved', () => {
  const judged = judge(opaque(), issuing({ grantClaim: 'sid' }), answered({ sid: 'grant-1' }))
  expect(judged).toMatchObject({
    verdict: 'pending',
    proven: { client: 'shop', subject: 'alice', binding: 'dpop', jkt: JKT, scope: ['orders', 'read'], tokenId: sha256('token-9'), grantId: sha256('grant-1') },
  })
})

test('without jti the token is named by its own hash, without sub the client acts for itself', () => {
  expect(judge(opaque(), POLICY, answered({ jti: undefined, sub: undefined }))).toMatchObject({ proven: { tokenId: HASH, subject: 'shop' } })
})

const ANSWERS: readonly (readonly [code: Code | 'allow', what: string, changes: Json, evidence?: Evidence, policy?: Policy])[] = [
  ['token.inactive', 'not active', { active: false }],
  ['token.inactive', 'active as text', { active: 'true' }],
  ['token.inactive', 'no active at all', { active: undefined }],
  ['token.issuer', 'of another issuer', { iss: 'https://evil.test' }],
  ['token.issuer', 'of an issuer in a list', { iss: ['https://id.test'] }],
  ['allow', 'no issuer named', { iss: undefined }],
  ['token.incomplete', 'no exp', { exp: undefined }],
  ['token.incomplete', 'exp as text', { exp: String(NOW + 60) }],
  ['token.incomplete', 'no client', { client_id: undefined }],
  ['token.incomplete', 'no audience', { aud: undefined }],
  ['token.incomplete', 'audience of numbers', { aud: [1] }],
  ['token.incomplete', 'sub as number', { sub: 1 }],
  ['token.incomplete', 'iat as text', { iat: '1' }],
  ['token.incomplete', 'nbf as text', { nbf: '1' }],
  ['token.incomplete', 'empty jti', { jti: '' }],
  ['token.incomplete', 'scope as list', { scope: ['orders'] }],
  ['token.type', 'bound to a key, said to be Bearer', { token_type: 'Bearer' }],
  ['token.type', 'a type that is no text', { token_type: 1 }],
  ['token.type', 'bound to a certificate, said to be DPoP', { cnf: { 'x5t#S256': X5T } }],
  ['token.type', 'bound to nothing, said to be DPoP', { cnf: undefined }],
  ['allow', 'the type in another case', { token_type: 'dpop' }],
  ['allow', 'no type', { token_type: undefined }],
  ['token.audience', 'another audience', { aud: 'https://other.test' }],
  ['token.expired', 'expired', { exp: NOW - 5 }],
  ['token.early', 'nbf ahead', { nbf: NOW + 6 }],
  ['token.early', 'iat ahead', { iat: NOW + 6 }],
  ['token.lifetime', 'too long a life', { exp: NOW + 541 }],
  ['token.lifetime', 'too much of its life left, where the issuer does not tell iat', { iat: undefined, exp: NOW + 601 }],
  ['allow', 'just so much of its life left', { iat: undefined, exp: NOW + 600 }],
  ['token.client', 'another client', { client_id: 'other' }],
  ['token.confirmation', 'a cnf of which nothing is understood', { cnf: { kid: 'k' }, token_type: undefined }],
  ['token.confirmation', 'tbh', { cnf: { jkt: JKT, tbh: 'x' }, token_type: undefined }],
  ['token.unbound', 'no cnf', { cnf: undefined, token_type: undefined }],
  ['token.other-key', 'another key', { cnf: { jkt: X5T } }],
  ['token.scheme', 'bound to a key, under Bearer', {}, bearer()],
  ['allow', 'bound to a certificate', { cnf: { 'x5t#S256': X5T }, token_type: 'Bearer' }, bearer({ certificate: CERTIFICATE })],
  ['token.other-certificate', 'another certificate', { cnf: { 'x5t#S256': X5T }, token_type: 'Bearer' }, bearer({ certificate: Buffer.from('other') })],
  ['allow', 'bound to nothing, under a waiver', { cnf: undefined, token_type: 'Bearer' }, bearer(), WAIVED],
  ['waiver.lifetime', 'under a waiver, without iat', { cnf: undefined, token_type: undefined, iat: undefined }, bearer(), WAIVED],
]

describe('what an issuer answers', () => {
  for (const [code, what, changes, evidence = opaque(), policy = POLICY] of ANSWERS) {
    test(`${code}: ${what}`, () => {
      expect(verdictOf(evidence, policy, answered(changes))).toBe(code)
      if (code !== 'allow') expect(explain(evidence, policy, answered(changes))).toContain(code)
    })
  }
})

const attested = (evidence: Evidence): Evidence => withFields(evidence, attestedBy('edge', evidence))

const BEFORE: readonly (readonly [code: Code, what: string, evidence: Evidence, policy?: Policy])[] = [
  ['token.opaque', 'all that can be known holds', opaque()],
  ['token.opaque', 'under Bearer, with a certificate', bearer({ certificate: CERTIFICATE })],
  ['token.opaque', 'under Bearer, where there are waivers', bearer(), WAIVED],
  [
    'token.opaque',
    "under Bearer, where a waiver is for the route's audience",
    bearer(),
    waived({ routes: new Set(), audiences: new Set(['https://api.test']) }),
  ],
  [
    'token.opaque',
    'under Bearer, from a network of a waiver',
    bearer({ peer: '192.0.2.1' }),
    waived({ networks: { has: (address) => address === '192.0.2.1' } }),
  ],
  [
    'token.no-certificate',
    'under Bearer, from another network',
    bearer({ peer: '192.0.2.2' }),
    waived({ networks: { has: (address) => address === '192.0.2.1' } }),
  ],
  ['token.no-certificate', 'under Bearer, from nowhere known', bearer(), waived({ networks: { has: () => true } })],
  ['token.no-certificate', 'under Bearer, where the waiver is over', bearer(), waived({ until: NOW })],
  ['token.no-certificate', 'under Bearer, where the waiver has not begun', bearer(), waived({ from: NOW + 1 })],
  ['token.no-certificate', 'under Bearer, where the waiver is for another route', bearer(), waived({ routes: new Set(['/bills/**']) })],
  [
    'token.no-certificate',
    'under Bearer, where the waiver is for another audience',
    bearer(),
    waived({ routes: new Set(), audiences: new Set(['https://other.test']) }),
  ],
  ['token.opaque', 'attested', attested(opaque()), ATTESTED],
  ['route.undeclared', 'another path', opaque({ target: '/admin' })],
  ['proof.missing', 'no proof', opaque({ dpop: [] })],
  ['proof.target', 'a proof for another target', opaque({ dpop: [proofWith({ ath: HASH, htu: 'https://api.test/orders/2' })] })],
  ['proof.stale', 'an old proof', opaque({ dpop: [proofWith({ ath: HASH, iat: NOW - 61 })] })],
  ['proof.token-hash', 'a proof for another token', opaque({ dpop: [proofWith()] })],
  ['proof.signature', 'a signature of another key', opaque({ dpop: [proofWith({ ath: HASH }, {}, KEYS.thief.privateKey)] })],
  ['token.scheme', 'a proof beside Bearer', bearer({ dpop: [proofWith({ ath: HASH })] })],
  ['token.no-certificate', 'under Bearer without a certificate', bearer()],
  ['token.scheme', 'under Bearer, where only DPoP could hold', bearer(), { ...POLICY, routes: [{ ...ROUTE, bindings: new Set(['dpop']) }] }],
  ['path.unattested', 'nothing attested', opaque(), ATTESTED],
  ['attestation.signature', 'attested for another proof', withFields(opaque(), attestedBy('edge', opaque())), ATTESTED],
]

describe('before the issuer is asked', () => {
  for (const [code, what, evidence, policy = POLICY] of BEFORE) {
    test(`${code}: ${what}`, () => expect(verdictOf(evidence, policy, UNASKED)).toBe(code))
  }
  test('strangers leave no key behind', () => {
    const memo = createMemo()
    judge(opaque(), POLICY, UNASKED, memo)
    expect([memo.tokens.size, memo.keys.size]).toEqual([0, 0])
  })
})

test("an issuer's answer is never remembered: how long it counts is not known here", () => {
  const memo = createMemo()
  expect(judge(opaque(), POLICY, answered(), memo).verdict).toBe('pending')
  expect(memo.tokens.size).toBe(0)
  expect(judge(opaque(), POLICY, answered({ active: false }), memo)).toMatchObject({ code: 'token.inactive' })
})

test('nobody is asked about a JWT', () => {
  const asked: IssuerKeys = { ...ISSUER_KEYS, introspected: () => 'token.inactive' }
  expect(verdictOf(honest(), POLICY, asked)).toBe('allow')
})
