import type { Code } from './codes.js'
import { isCritical, readPart, refersToKey, splitCompact } from './compact-jws.js'
import { readProofKey, type ProofKey } from './proof-key.js'
import { isObject } from './strict-json.js'
import { readTarget } from './target.js'

const MAX_LENGTH = 8_192
const MAX_JTI = 512
/** Of header and payload each; RFC 9449 knows a dozen. */
const MAX_MEMBERS = 100

/** What the header of a proof says. A client's proofs all begin with the same text, so it is read once and kept with the key. */
export type ProofHead = {
  readonly text: string
  readonly typ: string
  readonly alg: string
  readonly isCritical: boolean
  readonly refersToKey: boolean
  readonly key: ProofKey
}

/** A proof whose shape is settled; nothing of it is believed yet. */
export type Proof = {
  readonly head: ProofHead
  readonly jti: string
  readonly htm: string
  /** As it stands. */
  readonly htu: string
  readonly iat: number
  readonly ath: string
  readonly nonce: string | undefined
  readonly signingInput: string
  readonly signature: Buffer
}

/**
 * Turns the values of the DPoP field into a typed proof, or names the first defect of shape. RFC 9449 §4.2, §4.3 1-3.
 * `known` is the header of an earlier proof, which this one may have too.
 */
export function readProof(values: readonly string[], known?: ProofHead): Proof | Code {
  const [value] = values
  if (value === undefined) return 'proof.missing'
  if (values.length > 1) return 'proof.repeated'
  const parts = splitCompact(value, MAX_LENGTH)
  if (!parts) return 'proof.malformed'
  const head = parts.head === known?.text ? known : readHead(parts.head)
  if (typeof head === 'string') return head
  const payload = readPart(parts.body, MAX_MEMBERS)
  if (!payload) return 'proof.malformed'

  const { jti, htm, htu, iat, ath, nonce } = payload
  if (typeof jti !== 'string' || typeof htm !== 'string' || typeof htu !== 'string') return 'proof.incomplete'
  if (typeof ath !== 'string' || typeof iat !== 'number') return 'proof.incomplete'
  if (nonce !== undefined && typeof nonce !== 'string') return 'proof.incomplete'
  if (jti.length === 0 || jti.length > MAX_JTI) return 'proof.jti'
  return { head, jti, htm, htu, iat, ath, nonce, signingInput: parts.signingInput, signature: parts.signature }
}

function readHead(text: string): ProofHead | Code {
  const header = readPart(text, MAX_MEMBERS)
  if (!header) return 'proof.malformed'
  const { typ, alg, jwk } = header
  if (typ !== undefined && typeof typ !== 'string') return 'proof.incomplete'
  if (typeof alg !== 'string' || !isObject(jwk)) return 'proof.incomplete'
  const key = readProofKey(jwk)
  if (typeof key === 'string') return key
  if (jwk['alg'] !== undefined && named(jwk['alg']) !== named(alg)) return 'proof.key'
  return { text, typ: typ ?? '', alg, isCritical: isCritical(header), refersToKey: refersToKey(header), key }
}

/** Whether `htu` is one of the targets. Most proofs spell it as we do; only another spelling has to be read. RFC 9449 §4.3-9. */
export const isAmong = (htu: string, targets: readonly string[]): boolean => targets.includes(htu) || targets.includes(readTarget(withoutQuery(htu)) ?? '')

/** RFC 9449 §4.3-9: query and fragment do not count. */
function withoutQuery(uri: string): string {
  const end = uri.search(/[?#]/)
  return end === -1 ? uri : uri.slice(0, end)
}

/** Two names of one algorithm. RFC 9864 §2.2. */
const named = (alg: unknown): unknown => (alg === 'Ed25519' ? 'EdDSA' : alg)
