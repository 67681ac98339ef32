import { createPublicKey, type KeyObject } from 'node:crypto'
import { ALGORITHMS, MAX_RSA_EXPONENT, RSA_BITS } from './algorithms.js'
import type { Code } from './codes.js'
import { isSoundPoint } from './ed25519-point.js'
import type { Json } from './strict-json.js'
import { sha256, type Thumbprint } from './thumbprint.js'

/** A public key as a client shows it: read, not imported yet. Importing costs more than everything before it. */
export type ProofKey = EcKey | EdKey | RsaKey
type EcKey = { readonly kty: 'EC'; readonly crv: EcCurve; readonly x: string; readonly y: string; readonly jkt: Thumbprint }
type EdKey = { readonly kty: 'OKP'; readonly crv: 'Ed25519'; readonly x: string; readonly y?: never; readonly jkt: Thumbprint }
type RsaKey = { readonly kty: 'RSA'; readonly crv?: never; readonly n: string; readonly e: string; readonly jkt: Thumbprint }
type EcCurve = keyof typeof COORDINATE

/** Base64url of 32, 48 and 66 bytes, the first with two zero bits at its end: one key, one spelling, one thumbprint. RFC 7518 §6.2.1.2. */
const COORDINATE = { 'P-256': /^[\w-]{42}[AEIMQUYcgkosw048]$/, 'P-384': /^[\w-]{64}$/, 'P-521': /^[\w-]{88}$/ } as const
const SECRET_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'priv'] as const

/** Reads a public key of any algorithm known here, or names the defect. RFC 7517, RFC 7638 §3, RFC 8037 §2, RFC 9449 §4.3-7. */
export function readProofKey(jwk: Json): ProofKey | Code {
  if (jwk['kty'] === 'oct' || SECRET_MEMBERS.some((member) => member in jwk)) return 'proof.private-key'
  if (!isForVerifying(jwk)) return 'proof.key'
  const { kty, crv } = jwk
  if (kty === 'EC' && (crv === 'P-256' || crv === 'P-384' || crv === 'P-521')) return readEc(jwk, crv)
  if (kty === 'OKP' && crv === 'Ed25519') return readEd(jwk)
  return kty === 'RSA' ? readRsa(jwk) : 'proof.key'
}

/** Whether what the key says of its own use allows this one. RFC 7517 §4.2, §4.3. */
const isForVerifying = ({ use, key_ops: operations }: Json): boolean =>
  (use === undefined || use === 'sig') && (operations === undefined || (Array.isArray(operations) && operations.includes('verify')))

function readEc({ x, y }: Json, crv: EcCurve): EcKey | Code {
  const spelling = COORDINATE[crv]
  if (typeof x !== 'string' || typeof y !== 'string' || !spelling.test(x) || !spelling.test(y)) return 'proof.key'
  return { kty: 'EC', crv, x, y, jkt: sha256(`{"crv":"${crv}","kty":"EC","x":"${x}","y":"${y}"}`) }
}

function readEd({ x }: Json): EdKey | Code {
  if (typeof x !== 'string' || !COORDINATE['P-256'].test(x) || !isSoundPoint(Buffer.from(x, 'base64url'))) return 'proof.key'
  return { kty: 'OKP', crv: 'Ed25519', x, jkt: sha256(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`) }
}

function readRsa({ n, e }: Json): RsaKey | Code {
  if (typeof n !== 'string' || typeof e !== 'string') return 'proof.key'
  const modulus = readInteger(n, RSA_BITS.max / 8)
  const exponent = readInteger(e, 4)
  if (!modulus || !exponent) return 'proof.key'
  const bits = modulus.length * 8 - (Math.clz32(modulus[0]!) - 24)
  const value = exponent.readUIntBE(0, exponent.length)
  const isSound = RSA_BITS.min <= bits && isOdd(modulus) && isOdd(exponent) && 3 <= value && value < MAX_RSA_EXPONENT
  return isSound ? { kty: 'RSA', n, e, jkt: sha256(`{"e":"${e}","kty":"RSA","n":"${n}"}`) } : 'proof.key'
}

const isOdd = (bytes: Buffer): boolean => bytes.at(-1)! % 2 === 1

/** Base64urlUInt of RFC 7518 §2: the shortest spelling, no zero bytes in front. */
function readInteger(value: string, maxBytes: number): Buffer | undefined {
  if (value.length > Math.ceil((maxBytes * 4) / 3)) return undefined
  const bytes = Buffer.from(value, 'base64url')
  return bytes.length > 0 && bytes[0] !== 0 && bytes.toString('base64url') === value ? bytes : undefined
}

/** Whether the key is of the kind, and on the curve, that the algorithm needs. RFC 8725 §3.1. */
export function keyFits({ kty, crv }: ProofKey, alg: string): boolean {
  const algorithm = ALGORITHMS.get(alg)
  return algorithm !== undefined && algorithm.kty === kty && algorithm.crv === crv
}

/** Imports the key; undefined where its point is not on the curve. */
export function importJwk(key: ProofKey): KeyObject | undefined {
  try {
    return createPublicKey({ key, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** RFC 7638 thumbprint of a public or private key; throws for a key of no algorithm known here. */
export function thumbprintOf(key: KeyObject): Thumbprint {
  const { kty, crv, x, y, n, e } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  const read = readProofKey({ kty, crv, x, y, n, e })
  if (typeof read === 'string') throw new TypeError('the key is of no algorithm known here')
  return read.jkt
}
