import { JWT_CHECKS } from './checks.js'
import { signatureHolds } from './compact-jws.js'
import type { Evidence } from './evidence.js'
import { findToken } from './judge.js'
import type { IssuerKeys, Policy, TokenAlg } from './policy.js'
import { readAuthorization } from './read-authorization.js'
import type { Token } from './read-token.js'
import { sha256 } from './thumbprint.js'

/**
 * The token of a request, where a declared issuer made it: whatever else is wrong, it tells whose request it was. That it was
 * sent by them it does not tell, nor that it may pass. Costs a verification. RFC 9068 §4.
 */
export function genuineToken(evidence: Pick<Evidence, 'authorization' | 'now'>, policy: Policy, keys: IssuerKeys): Token | undefined {
  const credential = readAuthorization(evidence.authorization)
  if (typeof credential === 'string') return undefined
  const token = findToken(credential.token, sha256(credential.token), keys)
  const issuer = typeof token === 'string' ? undefined : policy.issuers.get(token.iss)
  if (typeof token === 'string' || !issuer) return undefined
  const { jws } = token
  if (!jws) return token
  const context = { now: evidence.now, issuer, audiences: new Set<string>(), policy }
  if (!JWT_CHECKS.every((check) => check.holds(jws, context))) return undefined
  const key = keys.find(token.iss, jws.kid, jws.alg as TokenAlg)
  return key && signatureHolds(jws.alg, key, jws.signingInput, jws.signature) ? token : undefined
}
