import type { Code } from './codes.js'
import { readCompact } from './compact-jws.js'
import { readConfirmation, type Confirmation } from './confirmation.js'

const MAX_LENGTH = 16_384
const ENCRYPTED = /^[\w-]+(?:\.[\w-]*){4}$/

/** An access token whose shape is settled; nothing of it is believed yet. RFC 9068 §2.2. */
export type Token = {
  readonly typ: string
  readonly alg: string
  readonly kid: string | undefined
  readonly isCritical: boolean
  readonly iss: string
  readonly aud: readonly string[]
  readonly exp: number
  readonly iat: number
  readonly nbf: number | undefined
  readonly sub: string
  readonly client: string
  readonly jti: string
  readonly scope: readonly string[]
  readonly confirmation: Confirmation | Code
  readonly signingInput: string
  readonly signature: Buffer
}

/** Turns a token into a typed one, or names the first defect of shape. */
export function readToken(value: string): Token | Code {
  if (value.length > MAX_LENGTH) return 'token.malformed'
  if (ENCRYPTED.test(value)) return 'token.encrypted'
  const jws = readCompact(value, MAX_LENGTH)
  if (!jws) return 'token.malformed'

  const { typ, alg, kid } = jws.header
  const { iss, aud, exp, iat, nbf, sub, client_id: client, jti, scope, cnf } = jws.payload
  if (typeof alg !== 'string' || (kid !== undefined && typeof kid !== 'string')) return 'token.incomplete'
  if (typ !== undefined && typeof typ !== 'string') return 'token.typ'
  if (typeof iss !== 'string' || typeof sub !== 'string' || typeof client !== 'string') return 'token.incomplete'
  if (typeof jti !== 'string' || jti === '' || typeof exp !== 'number' || typeof iat !== 'number') return 'token.incomplete'
  if (nbf !== undefined && typeof nbf !== 'number') return 'token.incomplete'
  if (scope !== undefined && typeof scope !== 'string') return 'token.incomplete'
  const audiences = typeof aud === 'string' ? [aud] : aud
  if (!isStrings(audiences)) return 'token.incomplete'

  return {
    typ: (typ ?? '').toLowerCase().replace(/^application\//, ''),
    alg,
    kid,
    isCritical: 'crit' in jws.header || 'b64' in jws.header,
    iss,
    aud: audiences,
    exp,
    iat,
    nbf,
    sub,
    client,
    jti,
    scope: scope === undefined || scope === '' ? [] : scope.split(' '),
    confirmation: readConfirmation(cnf),
    signingInput: jws.signingInput,
    signature: jws.signature,
  }
}

const isStrings = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((one) => typeof one === 'string')
