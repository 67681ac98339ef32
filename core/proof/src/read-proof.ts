import type { Code } from './codes.js'
import { isCritical, readCompact, refersToKey } from './compact-jws.js'
import { readProofKey, type ProofKey } from './proof-key.js'
import { isObject } from './strict-json.js'
import { readTarget, type Target } from './target.js'

const MAX_LENGTH = 8_192
const MAX_JTI = 512

/** A proof whose shape is settled; nothing of it is believed yet. */
export type Proof = {
  readonly typ: string
  readonly alg: string
  readonly isCritical: boolean
  readonly refersToKey: boolean
  readonly key: ProofKey
  readonly jti: string
  readonly htm: string
  /** In normal form, without query and fragment; undefined where `htu` is no plain target, which then equals none. */
  readonly htu: Target | undefined
  readonly iat: number
  readonly ath: string
  readonly nonce: string | undefined
  readonly signingInput: string
  readonly signature: Buffer
}

/** Turns the values of the DPoP field into a typed proof, or names the first defect of shape. RFC 9449 §4.2, §4.3 1-3. */
export function readProof(values: readonly string[]): Proof | Code {
  const [value] = values
  if (value === undefined) return 'proof.missing'
  if (values.length > 1) return 'proof.repeated'
  const jws = readCompact(value, MAX_LENGTH)
  if (!jws) return 'proof.malformed'

  const { typ, alg, jwk } = jws.header
  const { jti, htm, htu, iat, ath, nonce } = jws.payload
  if (typ !== undefined && typeof typ !== 'string') return 'proof.incomplete'
  if (typeof alg !== 'string' || !isObject(jwk)) return 'proof.incomplete'
  if (typeof jti !== 'string' || typeof htm !== 'string' || typeof htu !== 'string') return 'proof.incomplete'
  if (typeof ath !== 'string' || typeof iat !== 'number') return 'proof.incomplete'
  if (nonce !== undefined && typeof nonce !== 'string') return 'proof.incomplete'
  if (jti.length === 0 || jti.length > MAX_JTI) return 'proof.jti'

  const key = readProofKey(jwk)
  if (typeof key === 'string') return key
  if (jwk['alg'] !== undefined && named(jwk['alg']) !== named(alg)) return 'proof.key'
  return {
    typ: typ ?? '',
    alg,
    isCritical: isCritical(jws.header),
    refersToKey: refersToKey(jws.header),
    key,
    jti,
    htm,
    htu: readTarget(withoutQuery(htu)),
    iat,
    ath,
    nonce,
    signingInput: jws.signingInput,
    signature: jws.signature,
  }
}

/** RFC 9449 §4.3-9: query and fragment do not count. */
function withoutQuery(uri: string): string {
  const end = uri.search(/[?#]/)
  return end === -1 ? uri : uri.slice(0, end)
}

/** Two names of one algorithm. RFC 9864 §2.2. */
const named = (alg: unknown): unknown => (alg === 'Ed25519' ? 'EdDSA' : alg)
