import { createPrivateKey, createPublicKey } from 'node:crypto'
import { createKeyPair, thumbprintOf } from '@everyhop/proof'
import { ConfigError } from '@everyhop/verifier'
import { jwksIn, type KeyFileJwk, type KeyFileValue } from './key-file.js'

/** The private keys of one hop, the first that signs first. */
export type KeyRing = readonly KeyFileJwk[]

export type RingKey = {
  readonly kid: string
  readonly alg: 'ES256' | 'EdDSA'
  /** Epoch seconds from which it signs; 0 from the beginning. */
  readonly from: number
  readonly state: 'signs' | 'waits' | 'retired'
}

export const readKeyRing = (value: KeyFileValue): KeyRing => jwksIn(value).toSorted((a, b) => beginOf(a) - beginOf(b))

/** What each key does at `now`, in the order in which they sign. */
export function keysOf(ring: KeyRing, now: number): readonly RingKey[] {
  const signing = signingAt(ring, now)
  return ring.map((jwk) => ({
    kid: kidOf(jwk),
    alg: jwk.kty === 'OKP' ? 'EdDSA' : 'ES256',
    from: beginOf(jwk),
    state: jwk === signing ? 'signs' : beginOf(jwk) > now ? 'waits' : 'retired',
  }))
}

/** With one more key, which signs from `from` on. */
export function withNewKey(ring: KeyRing, alg: RingKey['alg'], from: number): KeyRing {
  const { privateKey } = alg === 'EdDSA' ? createKeyPair('ed25519') : createKeyPair('ec', { namedCurve: 'P-256' })
  return [...ring, { ...privateKey.export({ format: 'jwk' }), kid: thumbprintOf(privateKey), nbf: from }].toSorted((a, b) => beginOf(a) - beginOf(b))
}

/** Without that key. Throws ConfigError where it is not there or is the last one. */
export function withoutKey(ring: KeyRing, kid: string): KeyRing {
  const rest = ring.filter((jwk) => kidOf(jwk) !== kid)
  if (rest.length === ring.length) throw new ConfigError('config.key-unknown', `there is no key ${kid}: see "everyhop gateway key list"`)
  if (rest.length === 0) throw new ConfigError('config.key-last', 'it is the only key of this hop: rotate first')
  return rest
}

/** The public halves, for the manifest. */
export const publicKeys = (ring: KeyRing): { readonly keys: readonly object[] } => ({
  keys: ring.map((jwk) => ({ ...createPublicKey(privateOf(jwk)).export({ format: 'jwk' }), kid: kidOf(jwk) })),
})

const beginOf = ({ nbf = 0 }: KeyFileJwk): number => nbf
const signingAt = (ring: KeyRing, now: number): KeyFileJwk | undefined => ring.findLast((jwk) => beginOf(jwk) <= now) ?? ring[0]
const privateOf = (jwk: KeyFileJwk) => createPrivateKey({ key: jwk, format: 'jwk' })
/** A key is known by its thumbprint, whatever the file calls it. */
const kidOf = (jwk: KeyFileJwk): string => thumbprintOf(privateOf(jwk))
