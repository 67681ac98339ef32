import type { KeyObject } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { readJwk, thumbprintOf } from '@everyhop/proof'
import { ConfigError } from '@everyhop/verifier'

/** A private key of the hop, P-256 or Ed25519. */
export type SigningKey = {
  readonly key: KeyObject
  /** Epoch seconds at which it takes over from the one before: by then the next hops know it. At once where absent. */
  readonly from?: number
}

export type Signer = { readonly key: KeyObject; readonly keyid: string }

/** Who signs at a time. Throws ConfigError where none of the keys is one that the slice registers. */
export function signersOf({ hop, keys: registered }: Slice, keys: readonly SigningKey[]): (now: number) => Signer {
  if (keys.length === 0 || keys.some(({ key }) => key.type !== 'private')) throw new ConfigError('config.hop-key', `hop ${hop} signs: give its private key`)
  const known = new Set(registered.map((jwk) => readJwk(jwk)).flatMap((jwk) => (typeof jwk === 'string' ? [] : [jwk.jkt as string])))
  const signers = keys
    .map(({ key, from = 0 }) => ({ key, from, keyid: thumbprintOf(key) as string }))
    .filter(({ keyid }) => known.has(keyid))
    .toSorted((a, b) => a.from - b.from)
  const [first] = signers
  if (!first) throw new ConfigError('config.hop-key', `the key given is none of those that the manifest registers for hop ${hop}`)
  return (now) => signers.findLast(({ from }) => from <= now) ?? first
}
