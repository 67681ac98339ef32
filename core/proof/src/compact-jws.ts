import { createVerify, sign, verify, type KeyObject } from 'node:crypto'
import { ALGORITHMS, suits, type Algorithm } from './algorithms.js'
import { readObject, type Json } from './strict-json.js'

/**
 * Three base64url parts and nothing else: no spaces, commas, padding or wide characters. RFC 7515 §7.1. The last may be empty, as `none` has it,
 * and its last character carries no stray bits: they would make a second string of the same proof.
 */
const COMPACT = /^[\w-]+\.[\w-]+\.(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/
const MALFORMED_UTF8 = '\uFFFD'

export type CompactJws = {
  readonly header: Json
  readonly payload: Json
  readonly signingInput: string
  readonly signature: Buffer
}

/** Reads a compact JWS with JSON payload of at most `max` characters; undefined for anything else. Verifies nothing. */
export function readCompact(value: string, max: number): CompactJws | undefined {
  const parts = splitCompact(value, max)
  const header = parts && readPart(parts.head)
  const payload = header && readPart(parts.body)
  return payload && { header, payload, signingInput: parts.signingInput, signature: parts.signature }
}

/** The parts of a compact JWS as they stand, its signature decoded. */
export type CompactParts = { readonly head: string; readonly body: string; readonly signingInput: string; readonly signature: Buffer }

export function splitCompact(value: string, max: number): CompactParts | undefined {
  if (value.length > max || !COMPACT.test(value)) return undefined
  const first = value.indexOf('.')
  const last = value.indexOf('.', first + 1)
  const signature = Buffer.from(value.slice(last + 1), 'base64url')
  return { head: value.slice(0, first), body: value.slice(first + 1, last), signingInput: value.slice(0, last), signature }
}

/** Whether the header demands an extension; none is understood here. RFC 7515 §4.1.11, RFC 7797 §3. */
export const isCritical = (header: Json): boolean => 'crit' in header || 'b64' in header

/** Whether the header brings or names a key, a stranger's for all we know: nothing is ever fetched from there. RFC 8725 §3.10. */
export const refersToKey = (header: Json): boolean => 'jku' in header || 'x5u' in header || 'x5c' in header

/** Whether the first part is a JOSE header: then this is meant as a JWS, however broken, and is no opaque string. */
export function startsWithHeader(value: string): boolean {
  const end = value.indexOf('.')
  return end !== -1 && readPart(value.slice(0, end))?.['alg'] !== undefined
}

/** Where parts are decoded, instead of in new memory for each. */
const scratch = Buffer.alloc(16_384)

/** The JSON object in one part. */
export function readPart(part: string, maxMembers?: number): Json | undefined {
  const bytes = part.length <= scratch.length ? scratch : Buffer.alloc(part.length)
  const text = bytes.toString('utf8', 0, bytes.write(part, 0, 'base64url'))
  return text.includes(MALFORMED_UTF8) ? undefined : readObject(text, maxMembers)
}

/** Whether `signature` over `input` verifies. False, never an exception, for a key that does not suit or a broken signature. */
export function signatureHolds(alg: string, key: KeyObject, input: string | Uint8Array, signature: Uint8Array): boolean {
  const algorithm = algorithmOf(alg, key, signature)
  if (algorithm === undefined) return false
  const { hash, options } = algorithm
  try {
    // In two steps text needs no bytes of its own, which costs less; Ed25519 hashes as it goes, and takes it in one.
    if (hash !== null)
      return createVerify(hash)
        .update(input)
        .verify({ key, ...options }, signature)
    return verify(hash, typeof input === 'string' ? Buffer.from(input, 'utf8') : input, { key, ...options }, signature)
  } catch {
    return false
  }
}

/** A signature as data, to be verified anywhere. */
export type Signed = { readonly alg: string; readonly key: KeyObject; readonly input: string; readonly signature: Uint8Array }

export const holds = ({ alg, key, input, signature }: Signed): boolean => signatureHolds(alg, key, input, signature)

/** Whether it verifies, found out on a thread of the pool while this one goes on. Never rejects: what fails does not hold. */
export function signatureHoldsAside({ alg, key, input, signature }: Signed): Promise<boolean> {
  return new Promise((resolve) => {
    const algorithm = algorithmOf(alg, key, signature)
    if (algorithm === undefined) return resolve(false)
    try {
      verify(algorithm.hash, Buffer.from(input, 'utf8'), { key, ...algorithm.options }, signature, (error, holds) => resolve(error === null && holds))
    } catch {
      resolve(false)
    }
  })
}

/** The algorithm, where key and signature are such as it needs. */
function algorithmOf(alg: string, key: KeyObject, signature: Uint8Array): Algorithm | undefined {
  const algorithm = ALGORITHMS.get(alg)
  if (algorithm === undefined || !suits(key, alg)) return undefined
  return algorithm.length === undefined || signature.length === algorithm.length ? algorithm : undefined
}

/** The algorithm that a hop's key attests with: P-256 or Ed25519; throws for any other key. */
export function algOf(key: KeyObject): 'ES256' | 'EdDSA' {
  if (suits(key, 'ES256')) return 'ES256'
  if (suits(key, 'EdDSA')) return 'EdDSA'
  throw new TypeError('the key is neither P-256 nor Ed25519')
}

/** Signs bytes with a P-256 or Ed25519 key: 64 bytes. */
export const signBytes = (key: KeyObject, input: string | Uint8Array): Buffer => signWith(algOf(key), key, input)

/** Makes a compact JWS. `alg` is that of the header where it suits the key, else the first that does. */
export function signCompact(header: Json, payload: Json, key: KeyObject): string {
  const alg = [header['alg'], ...ALGORITHMS.keys()].find((name): name is string => typeof name === 'string' && suits(key, name))
  if (alg === undefined) throw new TypeError('the key is of no algorithm known here')
  const part = (value: Json) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const input = `${part({ ...header, alg })}.${part(payload)}`
  return `${input}.${signWith(alg, key, input).toString('base64url')}`
}

function signWith(alg: string, key: KeyObject, input: string | Uint8Array): Buffer {
  const { hash, options } = ALGORITHMS.get(alg)!
  return sign(hash, typeof input === 'string' ? Buffer.from(input, 'utf8') : input, { key, ...options })
}
