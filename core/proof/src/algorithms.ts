import { constants, type KeyObject } from 'node:crypto'

/** How one JWS algorithm signs, and with which keys. RFC 7518 §3, RFC 8037 §3.1, RFC 9864 §2. */
export type Algorithm = {
  readonly kty: 'EC' | 'OKP' | 'RSA'
  readonly crv?: 'P-256' | 'P-384' | 'P-521' | 'Ed25519'
  /** Node's names of key type and curve. */
  readonly keyType: 'ec' | 'ed25519' | 'rsa'
  readonly namedCurve?: string
  readonly hash: 'sha256' | 'sha384' | 'sha512' | null
  /** Bytes of a signature; that of an RSA key is as long as its modulus. */
  readonly length?: number
  readonly options: { readonly dsaEncoding?: 'ieee-p1363'; readonly padding?: number; readonly saltLength?: number }
}

const ecdsa = { kty: 'EC', keyType: 'ec', options: { dsaEncoding: 'ieee-p1363' } } as const
const ed25519: Algorithm = { kty: 'OKP', crv: 'Ed25519', keyType: 'ed25519', hash: null, length: 64, options: {} }
const pss = { kty: 'RSA', keyType: 'rsa', options: { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST } } as const

/** Every algorithm known here: asymmetric ones only, by their exact names. `none` and HMAC are not unknown by accident. */
export const ALGORITHMS: ReadonlyMap<string, Algorithm> = new Map<string, Algorithm>([
  ['ES256', { ...ecdsa, crv: 'P-256', namedCurve: 'prime256v1', hash: 'sha256', length: 64 }],
  ['ES384', { ...ecdsa, crv: 'P-384', namedCurve: 'secp384r1', hash: 'sha384', length: 96 }],
  ['ES512', { ...ecdsa, crv: 'P-521', namedCurve: 'secp521r1', hash: 'sha512', length: 132 }],
  ['EdDSA', ed25519],
  ['Ed25519', ed25519],
  ['PS256', { ...pss, hash: 'sha256' }],
  ['PS384', { ...pss, hash: 'sha384' }],
  ['PS512', { ...pss, hash: 'sha512' }],
  ['RS256', { kty: 'RSA', keyType: 'rsa', hash: 'sha256', options: { padding: constants.RSA_PKCS1_PADDING } }],
])

/** Bits of an RSA modulus: less is broken (RFC 7518 §3.3), more lets a stranger choose how long a verification takes. */
export const RSA_BITS = { min: 2_048, max: 8_192 } as const
/** `e` is odd, at least 3, and at most four bytes long, so that a verification stays cheap. */
export const MAX_RSA_EXPONENT = 2 ** 32

/** Whether the key is of the kind and size that the algorithm needs, so that no algorithm meets a foreign key. RFC 8725 §3.1. */
export function suits(key: KeyObject, alg: string): boolean {
  const algorithm = ALGORITHMS.get(alg)
  if (algorithm === undefined || key.asymmetricKeyType !== algorithm.keyType) return false
  const { namedCurve, modulusLength = 0, publicExponent = 0n } = key.asymmetricKeyDetails ?? {}
  if (algorithm.keyType !== 'rsa') return namedCurve === algorithm.namedCurve
  const isOfSize = RSA_BITS.min <= modulusLength && modulusLength <= RSA_BITS.max
  return isOfSize && publicExponent % 2n === 1n && 3n <= publicExponent && publicExponent < BigInt(MAX_RSA_EXPONENT)
}
