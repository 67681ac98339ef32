import type { Code } from './codes.js'
import type { Policy, IssuerPolicy } from './policy.js'
import type { Proof } from './read-proof.js'
import type { Token } from './read-token.js'
import type { Target } from './target.js'
import type { Thumbprint } from './thumbprint.js'

/** What a proof is compared with. */
export type ProofContext = {
  readonly now: number
  readonly method: string
  /** Every external target that the path received can stand for. */
  readonly targets: ReadonlySet<Target>
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
  { code: 'proof.typ', holds: (p) => p.typ === 'dpop+jwt' },
  { code: 'proof.alg', holds: (p, c) => (c.policy.proofAlgs as ReadonlySet<string>).has(p.alg) },
  { code: 'proof.key', holds: (p) => (p.alg === 'ES256') === (p.key.kty === 'EC') },
  { code: 'proof.critical', holds: (p) => !p.isCritical },
  { code: 'proof.method', holds: (p, c) => p.htm === c.method },
  { code: 'proof.target', holds: (p, c) => p.htu !== undefined && c.targets.has(p.htu) },
  { code: 'proof.stale', holds: (p, c) => c.now - p.iat <= c.policy.maxAge },
  { code: 'proof.early', holds: (p, c) => p.iat - c.now <= c.policy.maxEarly },
  { code: 'token.other-key', holds: (p, c) => p.key.jkt === c.boundTo },
  { code: 'proof.token-hash', holds: (p, c) => p.ath === c.tokenHash },
  { code: 'proof.nonce-missing', holds: (p, c) => c.policy.nonce === undefined || p.nonce !== undefined },
  { code: 'proof.nonce', holds: (p, c) => c.policy.nonce === undefined || c.policy.nonce.holds(p.nonce ?? '', c.now) },
]

export type TokenContext = { readonly now: number; readonly issuer: IssuerPolicy; readonly audiences: ReadonlySet<string>; readonly policy: Policy }

export type TokenCheck = { readonly code: Code; readonly holds: (token: Token, context: TokenContext) => boolean }

/** RFC 9068 §4, all but the signature. */
export const TOKEN_CHECKS: readonly TokenCheck[] = [
  { code: 'token.typ', holds: (t, c) => c.issuer.typs.has(t.typ) },
  { code: 'token.alg', holds: (t, c) => (c.issuer.algs as ReadonlySet<string>).has(t.alg) },
  { code: 'token.critical', holds: (t) => !t.isCritical },
  { code: 'token.audience', holds: (t, c) => t.aud.some((aud) => c.audiences.has(aud)) },
  { code: 'token.expired', holds: (t, c) => c.now < t.exp + c.policy.skew },
  { code: 'token.early', holds: (t, c) => t.iat <= c.now + c.policy.skew && (t.nbf === undefined || t.nbf <= c.now + c.policy.skew) },
  { code: 'token.lifetime', holds: (t, c) => t.exp - t.iat <= c.issuer.maxLifetime },
]
