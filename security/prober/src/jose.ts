import { constants, createHash, createPublicKey, randomBytes, sign, type KeyObject } from 'node:crypto'
import type { Claims } from './attack.js'

/** Just enough JOSE to attack with. The engine's own is not borrowed: an oracle must not share code with what it tests. */

export const hash = (text: string): string => createHash('sha256').update(text).digest('base64url')
export const random = (): string => randomBytes(16).toString('base64url')

const BY_CURVE: Readonly<Record<string, string>> = { prime256v1: 'ES256', secp384r1: 'ES384', secp521r1: 'ES512' }

/** How a key signs where nothing else is said. */
export function algOf({ asymmetricKeyType, asymmetricKeyDetails }: KeyObject): string {
  if (asymmetricKeyType === 'rsa') return 'PS256'
  return asymmetricKeyType === 'ed25519' ? 'EdDSA' : (BY_CURVE[asymmetricKeyDetails?.namedCurve ?? ''] ?? 'ES256')
}

/** RFC 7518 §3.1, RFC 8037 §3.1. */
export function signRaw(key: KeyObject, text: string, alg = algOf(key)): Buffer {
  const bytes = Buffer.from(text)
  if (alg === 'EdDSA') return sign(null, bytes, key)
  const digest = `sha${alg.slice(2)}`
  if (alg.startsWith('PS')) return sign(digest, bytes, { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST })
  return sign(digest, bytes, { key, dsaEncoding: 'ieee-p1363' })
}

/** A compact JWS over whatever header and claims are given: members that are undefined are left out. */
export function compact(header: Claims, claims: Claims, key: KeyObject, alg?: string): string {
  const input = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${signRaw(key, input, alg).toString('base64url')}`
}

export function publicJwk(key: KeyObject): Claims {
  const { kty, crv, x, y } = createPublicKey(key).export({ format: 'jwk' })
  return { kty, crv, x, ...(y === undefined ? {} : { y }) }
}

/** RFC 7638 §3.2. */
export const jwkThumbprint = (key: KeyObject): string => thumbprintOfJwk(publicJwk(key))!

/** The same of a JWK as it stands in a proof; undefined where it is no EC or OKP key. */
export function thumbprintOfJwk(jwk: unknown): string | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const { kty, crv, x, y } = jwk as Claims
  if (typeof crv !== 'string' || typeof x !== 'string') return undefined
  return hash(JSON.stringify(y === undefined ? { crv, kty, x } : { crv, kty, x, y }))
}

/** Header and claims of a JWS, unverified; empty where it is none. */
export function decode(jws: string): { readonly header: Claims; readonly claims: Claims } {
  try {
    const [header, claims] = jws.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString('utf8')) as Claims)
    return { header: header ?? {}, claims: claims ?? {} }
  } catch {
    return { header: {}, claims: {} }
  }
}
