import { constants, sign, verify, type KeyObject } from 'node:crypto'
import { readObject, type Json } from './strict-json.js'

/** Three base64url parts and nothing else: no spaces, commas, padding or wide characters. RFC 7515 §7.1. The last may be empty, as `none` has it. */
const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]*$/
const MALFORMED_UTF8 = '\uFFFD'

export type CompactJws = {
  readonly header: Json
  readonly payload: Json
  readonly signingInput: string
  readonly signature: Buffer
}

/** Reads a compact JWS with JSON payload of at most `max` characters; undefined for anything else. Verifies nothing. */
export function readCompact(value: string, max: number): CompactJws | undefined {
  if (value.length > max || !COMPACT.test(value)) return undefined
  const [head, body, tail] = value.split('.') as [string, string, string]
  const header = readPart(head)
  const payload = header && readPart(body)
  if (!header || !payload) return undefined
  const signature = Buffer.from(tail, 'base64url')
  // One signature, one spelling: stray bits in the last character would make a second string of the same proof.
  if (signature.toString('base64url') !== tail) return undefined
  return { header, payload, signingInput: `${head}.${body}`, signature }
}

/** Whether the first part is a JOSE header: then this is meant as a JWS, however broken, and is no opaque string. */
export function startsWithHeader(value: string): boolean {
  const end = value.indexOf('.')
  return end !== -1 && readPart(value.slice(0, end))?.['alg'] !== undefined
}

function readPart(part: string): Json | undefined {
  const text = Buffer.from(part, 'base64url').toString('utf8')
  return text.includes(MALFORMED_UTF8) ? undefined : readObject(text)
}

export type JwsAlg = 'ES256' | 'EdDSA' | 'Ed25519' | 'RS256'

/** Whether the key is of the kind that the algorithm needs, so that no algorithm meets a foreign key. RFC 8725 §3.1. */
export function suits(key: KeyObject, alg: string): alg is JwsAlg {
  const details = key.asymmetricKeyDetails
  switch (alg) {
    case 'ES256':
      return key.asymmetricKeyType === 'ec' && details?.namedCurve === 'prime256v1'
    case 'EdDSA':
    case 'Ed25519':
      return key.asymmetricKeyType === 'ed25519'
    case 'RS256':
      return key.asymmetricKeyType === 'rsa' && (details?.modulusLength ?? 0) >= 2048
    default:
      return false
  }
}

/** Whether `signature` over `input` verifies. False, never an exception, for a key that does not suit or a broken signature. */
export function signatureHolds(alg: string, key: KeyObject, input: string | Uint8Array, signature: Uint8Array): boolean {
  if (!suits(key, alg)) return false
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input
  try {
    if (alg === 'ES256') {
      return signature.length === 64 && verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, signature)
    }
    if (alg === 'RS256') return verify('sha256', bytes, { key, padding: constants.RSA_PKCS1_PADDING }, signature)
    return signature.length === 64 && verify(null, bytes, key, signature)
  } catch {
    return false
  }
}

/** The algorithm that a P-256 or Ed25519 key signs with; throws for any other key. */
export function algOf(key: KeyObject): 'ES256' | 'EdDSA' {
  if (suits(key, 'ES256')) return 'ES256'
  if (suits(key, 'EdDSA')) return 'EdDSA'
  throw new TypeError('the key is neither P-256 nor Ed25519')
}

/** Signs bytes with a P-256 or Ed25519 key: 64 bytes. */
export function signBytes(key: KeyObject, input: string | Uint8Array): Buffer {
  const bytes = typeof input === 'string' ? Buffer.from(input, 'utf8') : input
  return algOf(key) === 'ES256' ? sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }) : sign(null, bytes, key)
}

/** Makes a compact JWS; `alg` is taken from the key. */
export function signCompact(header: Json, payload: Json, key: KeyObject): string {
  const part = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ ...header, alg: algOf(key) })}.${part(payload)}`
  return `${input}.${signBytes(key, input).toString('base64url')}`
}
