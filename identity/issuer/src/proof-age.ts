import type { BindingPolicy } from '@everyhop/chain'
import { isObject, readCompact, readProofKey } from '@everyhop/proof'

/** Characters of a proof, at most. */
const MAX_PROOF = 8_192
/** oidc-provider accepts proofs this many seconds from its clock, both ways; the policy can only be stricter. */
export const PROVIDER_WINDOW = 300

type Situation = { readonly policy: BindingPolicy; readonly nonces: boolean; readonly now: number; readonly startedAt: number }

/**
 * What is wrong with the `DPoP` fields of a token request before its signature is looked at: spelling, key and age, which oidc-provider
 * takes more loosely than the policy. Undefined where it may look further. RFC 9449 §4.3.
 */
export function proofDefect(values: readonly string[], { policy, nonces, now, startedAt }: Situation): string | undefined {
  const [value, ...others] = values
  if (value === undefined) return undefined
  if (others.length > 0) return 'more than one DPoP field'
  const proof = readCompact(value, MAX_PROOF)
  if (proof === undefined) return 'the DPoP proof is not a compact JWS'
  const { jwk } = proof.header
  if (!isObject(jwk) || typeof readProofKey(jwk) === 'string') return 'the key of the DPoP proof is not a public key that proofs are signed with'
  const { iat, nonce } = proof.payload
  if (nonces && nonce !== undefined) return undefined
  if (typeof iat !== 'number') return 'the DPoP proof has no iat'
  if (!(now - iat <= policy.proofAge + policy.skew && iat - now <= policy.proofEarly)) return 'the DPoP proof is not recent, or from the future'
  // The memory of spent proofs began with this process: what was made before may have been used before.
  return iat >= startedAt ? undefined : 'the DPoP proof is older than this server: make a new one'
}
