import { createPublicKey, type KeyObject } from 'node:crypto'
import type { Code } from './codes.js'
import type { Json } from './strict-json.js'
import { sha256, type Thumbprint } from './thumbprint.js'

/** A public key as a client shows it: read, not imported yet. Importing costs more than everything before it. */
export type PublicJwk = {
  readonly kty: 'EC' | 'OKP'
  readonly crv: 'P-256' | 'Ed25519'
  readonly x: string
  readonly y?: string
  readonly jkt: Thumbprint
}

/** 32 bytes, base64url, whose last character carries two zero bits: one key, one spelling, one thumbprint. */
const COORDINATE = /^[\w-]{42}[AEIMQUYcgkosw048]$/
const SECRET_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'] as const

/** Reads a P-256 or Ed25519 public key, or names the defect. RFC 7517, RFC 7638 §3, RFC 9449 §4.3-7. */
export function readJwk(jwk: Json): PublicJwk | Code {
  if (jwk['kty'] === 'oct' || SECRET_MEMBERS.some((member) => member in jwk)) return 'proof.private-key'
  const { kty, crv, x, y } = jwk
  if (typeof x !== 'string' || !COORDINATE.test(x)) return 'proof.key'
  if (kty === 'OKP' && crv === 'Ed25519') return { kty, crv, x, jkt: sha256(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`) }
  if (kty !== 'EC' || crv !== 'P-256' || typeof y !== 'string' || !COORDINATE.test(y)) return 'proof.key'
  return { kty, crv, x, y, jkt: sha256(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`) }
}

/** Imports the key; undefined where its point is not on the curve. */
export function importJwk({ kty, crv, x, y }: Omit<PublicJwk, 'jkt'>): KeyObject | undefined {
  try {
    return createPublicKey({ key: { kty, crv, x, ...(y === undefined ? {} : { y }) }, format: 'jwk' })
  } catch {
    return undefined
  }
}

/** RFC 7638 thumbprint of a P-256 or Ed25519 key; throws for any other key. */
export function thumbprintOf(key: KeyObject): Thumbprint {
  const { kty, crv, x, y } = (key.type === 'private' ? createPublicKey(key) : key).export({ format: 'jwk' })
  const read = readJwk({ kty, crv, x, ...(y === undefined ? {} : { y }) })
  if (typeof read === 'string') throw new TypeError('the key is neither P-256 nor Ed25519')
  return read.jkt
}
