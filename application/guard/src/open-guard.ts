import { createPublicKey, KeyObject, type JsonWebKey } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Proven, Refusal, Sink } from '@everyhop/proof'
import { ConfigError, createVerifier, readSlice, type Fetch, type ReplayStore } from '@everyhop/verifier'
import { seenIn } from './seen-in.js'

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

/** What every adapter offers beside its handler. */
export type Upkeep = {
  /** Resolves once the issuer's keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another signed slice in force; throws, and keeps the old one, where it is no good. */
  readonly reload: (slice: string) => void
}

/** What an adapter has to do: go on with these fields in the response, or answer with the refusal as it stands. */
export type Admission =
  | { readonly verdict: 'allow'; readonly proven: Proven; readonly fields: Refusal['fields'] }
  | { readonly verdict: 'deny'; readonly refusal: Refusal }

/** `target` is the request target that the client sent, where the framework keeps it elsewhere than in the request. Never rejects. */
export type Admit = (request: IncomingMessage, target?: string) => Promise<Admission>

/** What every adapter stands on. Throws ConfigError at start-up, never for a request. */
export function openGuard(options: GuardOptions): { readonly admit: Admit; readonly upkeep: Upkeep } {
  const { slice, sliceKey, ...rest } = options
  const key = sliceKey instanceof KeyObject ? sliceKey : importKey(sliceKey)
  const verifier = createVerifier({ slice: readSlice(slice, key), ...rest })
  const admit: Admit = async (request, target) => {
    const decision = await verifier.verify(seenIn(request, target))
    if (decision.verdict === 'deny') return { verdict: 'deny', refusal: verifier.refusal(decision) }
    return { verdict: 'allow', proven: decision.proven, fields: nonceFields(verifier.nonce()) }
  }
  return { admit, upkeep: { ready: verifier.ready, reload: (next) => verifier.reload(readSlice(next, key)) } }
}

/** A response with a nonce must not be kept by caches (RFC 9449 §8.2). */
function nonceFields(nonce: string | undefined): Refusal['fields'] {
  return nonce === undefined
    ? []
    : [
        ['DPoP-Nonce', nonce],
        ['Cache-Control', 'no-store'],
      ]
}

function importKey(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new ConfigError('config.slice-key', 'sliceKey is not a public key: give the JWK that "everyhop key new" wrote beside the private one')
  }
}
