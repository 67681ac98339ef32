import type { KeyObject } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { signCompact, suits, type Json } from '@everyhop/proof'

/** The slice as guard and gateway load it: a compact JWS, EdDSA. Throws TypeError for a key that is no private Ed25519 key. */
export function signSlice(slice: Slice, key: KeyObject): string {
  if (key.type !== 'private' || !suits(key, 'EdDSA')) throw new TypeError('slices are signed with a private Ed25519 key')
  return signCompact({ typ: 'everyhop-slice+jwt' }, slice as unknown as Json, key)
}
