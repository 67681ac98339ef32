import type { Code } from './codes.js'
import { readClaims, type Token } from './read-token.js'
import type { Json } from './strict-json.js'
import { sha256, type Thumbprint } from './thumbprint.js'

/**
 * Turns an issuer's answer to a question about a token into a typed token, or names the defect. RFC 7662 §2.2.
 * The caller vouches for where the answer came from. Claims that RFC 7662 makes optional are required where a decision needs them:
 * `exp`, `client_id`, `aud`; a missing `sub` means that the client acts for itself (RFC 9068 §2.2).
 */
export function readIntrospection(response: Json, issuer: string, tokenHash: Thumbprint): Token | Code {
  if (response['active'] !== true) return 'token.inactive'
  const { iss = issuer, client_id: client, sub = client, iat, jti, token_type: type } = response
  if (iss !== issuer) return 'token.issuer'
  if (typeof sub !== 'string' || (iat !== undefined && typeof iat !== 'number')) return 'token.incomplete'
  if (jti !== undefined && (typeof jti !== 'string' || jti === '')) return 'token.incomplete'
  const claims = readClaims({ ...response, iss })
  if (typeof claims === 'string') return claims
  if (type !== undefined && !fits(type, claims.confirmation)) return 'token.type'
  return { ...claims, iat, sub, id: jti === undefined ? tokenHash : sha256(jti) }
}

/** `DPoP` for a token that is bound to a key (RFC 9449 §6.2), `Bearer` for every other, one bound to a certificate too (RFC 8705 §3). */
function fits(type: unknown, confirmation: Token['confirmation']): boolean {
  return typeof type === 'string' && type.toLowerCase() === (confirmation.jkt === undefined ? 'bearer' : 'dpop')
}
