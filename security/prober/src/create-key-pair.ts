import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'

export type KeyPair = { readonly publicKey: KeyObject; readonly privateKey: KeyObject }

const SPKI = { type: 'spki', format: 'der' } as const
const PKCS8 = { type: 'pkcs8', format: 'der' } as const

/**
 * Makes a key pair, as `generateKeyPairSync` does, but through DER: Node 20 can lock itself up for good where a key that it has just made is
 * exported as a JWK while memory is cleared.
 */
export function createKeyPair(
  type: 'ec' | 'ed25519' | 'rsa' | 'rsa-pss',
  options: { readonly namedCurve?: string; readonly modulusLength?: number } = {},
): KeyPair {
  const encoded = { ...options, publicKeyEncoding: SPKI, privateKeyEncoding: PKCS8 }
  // Its overloads are one for each type, with the same answer.
  const { publicKey, privateKey } = generateKeyPairSync(type as 'rsa', encoded as typeof encoded & { modulusLength: number })
  return { publicKey: createPublicKey({ key: publicKey, ...SPKI }), privateKey: createPrivateKey({ key: privateKey, ...PKCS8 }) }
}
