import type { Code } from './codes.js'
import type { Policy, IssuerPolicy } from './policy.js'
import { keyFits } from './proof-key.js'
import { isAmong, type Proof } from './read-proof.js'
import type { Token, TokenJws } from './read-token.js'
import type { Target } from './target.js'
import type { Thumbprint } from './thumbprint.js'

/** What a proof is compared with. */
export type ProofContext = {
  readonly now: number
  readonly method: string
  /** Every external target that the path received can stand for. */
  readonly targets: readonly Target[]
  readonly tokenHash: Thumbprint
  readonly boundTo: Thumbprint
  readonly policy: Policy
}

export type ProofCheck = { readonly code: Code; readonly holds: (proof: Proof, context: ProofContext) => boolean }

/**
 * RFC 9449 §4.3 4-12, cheapest first; the order is ours to choose. What holds is stated, so that NaN and surprise types refuse.
 * The key comparison comes before any signature: a thief costs a hash, not a curve operation.
 */
export const PROOF_CHECKS: readonly ProofCheck[] = [
  { code: 'proof.typ', holds: ({ head }) => head.typ === 'dpop+jwt' },
  { code: 'proof.alg', holds: ({ head }, c) => (c.policy.proofAlgs as ReadonlySet<string>).has(head.alg) },
  { code: 'proof.key', holds: ({ head }) => keyFits(head.key, head.alg) },
  { code: 'proof.critical', holds: ({ head }) => !head.isCritical },
  { code: 'proof.key-reference', holds: ({ head }) => !head.refersToKey },
  { code: 'proof.method', holds: (p, c) => p.htm === c.method },
  { code: 'proof.target', holds: (p, c) => isAmong(p.htu, c.targets) },
  { code: 'proof.stale', holds: (p, c) => c.now - p.iat <= c.policy.maxAge },
  { code: 'proof.early', holds: (p, c) => p.iat - c.now <= c.policy.maxEarly },
  { code: 'token.other-key', holds: (p, c) => p.head.key.jkt === c.boundTo },
  { code: 'proof.token-hash', holds: (p, c) => p.ath === c.tokenHash },
  { code: 'proof.nonce-missing', holds: (p, c) => c.policy.nonce === undefined || p.nonce !== undefined },
  { code: 'proof.nonce', holds: (p, c) => c.policy.nonce === undefined || c.policy.nonce.timeOf(p.nonce ?? '', c.now) !== undefined },
]

export type TokenContext = { readonly now: number; readonly issuer: IssuerPolicy; readonly audiences: ReadonlySet<string>; readonly policy: Policy }

export type JwtCheck = { readonly code: Code; readonly holds: (jws: TokenJws, context: TokenContext) => boolean }

/** RFC 9068 §4 and RFC 8725 §3.1: what concerns a signed token alone, all but the signature. */
export const JWT_CHECKS: readonly JwtCheck[] = [
  { code: 'token.typ', holds: (j, c) => c.issuer.typs.has(j.typ) && !j.isIdToken },
  { code: 'token.alg', holds: (j, c) => (c.issuer.algs as ReadonlySet<string>).has(j.alg) },
  { code: 'token.critical', holds: (j) => !j.isCritical },
  { code: 'token.key-reference', holds: (j) => !j.refersToKey },
]

export type TokenCheck = { readonly code: Code; readonly holds: (token: Token, context: TokenContext) => boolean }

/** RFC 9068 §4, of every token, whoever vouches for it. An issuer that does not tell `iat` is held to what is left of the token's life. */
export const TOKEN_CHECKS: readonly TokenCheck[] = [
  { code: 'token.audience', holds: (t, c) => t.aud.some((aud) => c.audiences.has(aud)) },
  { code: 'token.expired', holds: (t, c) => c.now < t.exp + c.policy.skew },
  { code: 'token.early', holds: (t, c) => hasBegun(t.iat, c) && hasBegun(t.nbf, c) },
  { code: 'token.lifetime', holds: (t, c) => t.exp - (t.iat ?? c.now) <= c.issuer.maxLifetime },
  { code: 'token.incomplete', holds: (t, c) => GRANT_TYPES.has(typeof grantOf(t, c.issuer)) },
  { code: 'token.confirmation', holds: (t, c) => t.confirmation.isPartial !== true || c.issuer.extraConfirmation },
]

const hasBegun = (time: number | undefined, { now, policy }: TokenContext): boolean => time === undefined || time <= now + policy.skew

const GRANT_TYPES: ReadonlySet<string> = new Set(['string', 'undefined'])

/** The claim that names the grant which the token came from, where this issuer gives one. */
export const grantOf = (token: Token, { grantClaim }: IssuerPolicy): unknown => (grantClaim === undefined ? undefined : token.claims[grantClaim])
