import type { Code } from './codes.js'
import { readProofKey, type ProofKey } from './proof-key.js'
import type { Json } from './strict-json.js'

/** A public key with which a hop may attest: P-256 or Ed25519. */
export type PublicJwk = Exclude<ProofKey, { readonly kty: 'RSA' }> & { readonly crv: 'P-256' | 'Ed25519' }

/** Reads a P-256 or Ed25519 public key, or names the defect. */
export function readJwk(jwk: Json): PublicJwk | Code {
  const key = readProofKey(jwk)
  if (typeof key === 'string') return key
  return isHopKey(key) ? key : 'proof.key'
}

const isHopKey = (key: ProofKey): key is PublicJwk => key.crv === 'P-256' || key.crv === 'Ed25519'
