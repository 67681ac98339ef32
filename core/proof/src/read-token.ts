import type { Code } from './codes.js'
import { isCritical, readCompact, refersToKey, startsWithHeader } from './compact-jws.js'
import { readConfirmation, type Confirmation } from './confirmation.js'
import { isStrings, type Json } from './strict-json.js'
import { sha256, type Thumbprint } from './thumbprint.js'

const MAX_LENGTH = 16_384
const ENCRYPTED = /^[\w-]+(?:\.[\w-]*){4}$/

/** An access token whose shape is settled; nothing of it is believed yet. RFC 9068 §2.2, RFC 7662 §2.2. */
export type Token = {
  readonly iss: string
  readonly aud: readonly string[]
  readonly exp: number
  /** Absent where an issuer that was asked does not tell. */
  readonly iat: number | undefined
  readonly nbf: number | undefined
  readonly sub: string
  readonly client: string
  /** SHA-256 of `jti`, or of the token itself where an issuer that was asked gives none: what revocations and receipts name. */
  readonly id: Thumbprint
  readonly scope: readonly string[]
  readonly confirmation: Confirmation
  /** As the issuer told it; which of them names the grant depends on the issuer. */
  readonly claims: Json
  /** Absent where the issuer was asked about the token: its answer vouches for it, and there is nothing to verify. */
  readonly jws?: TokenJws
}

export type TokenJws = {
  readonly typ: string
  readonly alg: string
  readonly kid: string | undefined
  /** Whether its claims are those of an ID token, whatever its header says. OpenID Connect Core §2, §3.3.2.11. */
  readonly isIdToken: boolean
  readonly isCritical: boolean
  /** Whether the header brings a key or says where to fetch one. */
  readonly refersToKey: boolean
  readonly signingInput: string
  readonly signature: Buffer
}

/** Turns a JWT into a typed token, or names the first defect of shape: `token.opaque` for what is no JWT at all. */
export function readToken(value: string): Token | Code {
  if (value.length > MAX_LENGTH) return 'token.malformed'
  const jws = readCompact(value, MAX_LENGTH)
  if (!jws) return nameOther(value)

  const { typ, alg, kid } = jws.header
  const { iat, sub, jti } = jws.payload
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) return 'token.incomplete'
  if (typ !== undefined && typeof typ !== 'string') return 'token.typ'
  if (typeof jti !== 'string' || jti === '' || typeof iat !== 'number' || typeof sub !== 'string') return 'token.incomplete'
  const claims = readClaims(jws.payload)
  if (typeof claims === 'string') return claims
  return Object.assign(claims, {
    iat,
    sub,
    id: sha256(jti),
    jws: {
      typ: (typ ?? '').toLowerCase().replace(/^application\//, ''),
      alg,
      kid,
      isIdToken: 'at_hash' in jws.payload || 'c_hash' in jws.payload || jws.payload['typ'] === 'ID',
      isCritical: isCritical(jws.header),
      refersToKey: 'jwk' in jws.header || refersToKey(jws.header),
      signingInput: jws.signingInput,
      signature: jws.signature,
    },
  })
}

/** What it is that is no JWS with JSON in it. */
function nameOther(value: string): Code {
  if (ENCRYPTED.test(value)) return 'token.encrypted'
  return startsWithHeader(value) ? 'token.malformed' : 'token.opaque'
}

/** What a JWT and the answer to a question about a token have in common, or the first defect of its shape. */
export function readClaims(claims: Json): Omit<Token, 'iat' | 'sub' | 'id'> | Code {
  const { iss, aud, exp, nbf, client_id: client, scope, cnf } = claims
  if (typeof iss !== 'string' || typeof client !== 'string' || typeof exp !== 'number') return 'token.incomplete'
  if (nbf !== undefined && typeof nbf !== 'number') return 'token.incomplete'
  if (scope !== undefined && typeof scope !== 'string') return 'token.incomplete'
  const audiences = typeof aud === 'string' ? [aud] : aud
  if (!isStrings(audiences)) return 'token.incomplete'
  const confirmation = readConfirmation(cnf)
  if (typeof confirmation === 'string') return confirmation
  const scopes = scope === undefined || scope === '' ? [] : scope.split(' ')
  return { iss, aud: audiences, exp, nbf, client, scope: scopes, confirmation, claims }
}
