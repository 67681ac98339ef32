import { createPublicKey, KeyObject, type JsonWebKey } from 'node:crypto'
import type { Sink } from '@everyhop/proof'
import { ConfigError, createVerifier, readSlice, type Fetch, type ReplayStore, type Verifier } from '@everyhop/verifier'

export type GuardOptions = {
  /** This application's slice, as `everyhop compile` wrote it. */
  readonly slice: string
  /** Public key that slices are signed with: a JWK or a KeyObject. It is set up once and never comes with the slice. */
  readonly sliceKey: KeyObject | JsonWebKey
  /** What was spent is remembered here, by all instances of the application together. */
  readonly replay: ReplayStore
  /** Where the record of each decision goes. */
  readonly sink?: Sink
  /** At least 32 random bytes each, the newest first; needed where the policy requires nonces. */
  readonly nonceSecrets?: readonly Uint8Array[]
  /** Epoch seconds; default the system's clock. */
  readonly clock?: () => number
  readonly fetch?: Fetch
}

/** What every adapter stands on. Throws ConfigError at start-up, never for a request. */
export function openGuard(options: GuardOptions): { readonly verifier: Verifier; readonly reload: (slice: string) => void } {
  const { slice, sliceKey, ...rest } = options
  const key = sliceKey instanceof KeyObject ? sliceKey : importKey(sliceKey)
  const verifier = createVerifier({ slice: readSlice(slice, key), ...rest })
  return { verifier, reload: (next) => verifier.reload(readSlice(next, key)) }
}

function importKey(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new ConfigError('config.slice-key', 'sliceKey is not a public key: give the JWK that "everyhop key new" wrote beside the private one')
  }
}
