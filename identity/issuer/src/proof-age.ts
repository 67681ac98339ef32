import type { BindingPolicy } from '@everyhop/chain'
import { isObject, readCompact, readProofKey, type Code } from '@everyhop/proof'

/** Characters of a proof, at most. */
const MAX_PROOF = 8_192
/** oidc-provider accepts proofs this many seconds from its clock, both ways; the policy can only be stricter. */
export const PROVIDER_WINDOW = 300

type Situation = { readonly policy: BindingPolicy; readonly nonces: boolean; readonly now: number; readonly startedAt: number }

/**
 * What is wrong with the `DPoP` fields of a token request before its signature is looked at: spelling, key and age, which oidc-provider
 * takes more loosely than the policy. Undefined where it may look further. RFC 9449 §4.3.
 */
export function proofDefect(values: readonly string[], { policy, nonces, now, startedAt }: Situation): Code | undefined {
  const [value, ...others] = values
  if (value === undefined) return undefined
  if (others.length > 0) return 'proof.repeated'
  const proof = readCompact(value, MAX_PROOF)
  if (proof === undefined) return 'proof.malformed'
  const { jwk } = proof.header
  if (!isObject(jwk)) return 'proof.key'
  const key = readProofKey(jwk)
  if (typeof key === 'string') return key
  const { iat, nonce } = proof.payload
  if (nonces && nonce !== undefined) return undefined
  if (typeof iat !== 'number') return 'proof.incomplete'
  if (!(now - iat <= policy.proofAge + policy.skew)) return 'proof.stale'
  if (!(iat - now <= policy.proofEarly)) return 'proof.early'
  // The memory of spent proofs began with this process: what was made before may have been used before.
  return iat >= startedAt ? undefined : 'replay.forgotten'
}
