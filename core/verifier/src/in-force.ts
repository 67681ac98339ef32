import type { Slice } from '@everyhop/chain'
import { createMemo, type Memo, type Policy, type RefusalContext } from '@everyhop/proof'
import { compilePolicy } from './compile-policy.js'
import { ConfigError } from './config-error.js'
import type { VerifierOptions } from './create-verifier.js'
import { withEarlier, type Earlier } from './earlier.js'
import { createNonces, type Nonces } from './nonces.js'
import type { LoadedSlice } from './read-slice.js'
import { requireFitting } from './require-options.js'
import { resourceMetadataOf, resourceMetadataUrl, schemesOf } from './resource-metadata.js'
import { openRevocations, type Revocations } from './revocation/open-revocations.js'
import type { Fetch } from './tokens/fetch-json.js'
import { openIssuers, type Issuers } from './tokens/issuers.js'

/** All that decides while a slice is in force. */
export type InForce = {
  readonly loaded: LoadedSlice
  readonly policy: Policy
  readonly issuers: Issuers
  readonly revocations: Revocations
  /** Undefined where this hop gives none. */
  readonly nonces: Nonces | undefined
  /** Documents by the path at which they are asked for. RFC 9728. */
  readonly metadata: ReadonlyMap<string, string>
  /** What every refusal says, but for the nonce. */
  readonly challenge: RefusalContext
  readonly memo: Memo
  /** What was in force before and did not spend, as long as something may live that was let in then. */
  readonly earlier: readonly Earlier[]
}

/** Puts a slice in force, with what was known `before` of issuers that it declares the same. Throws ConfigError where it is no good. */
export function putInForce(loaded: LoadedSlice, options: VerifierOptions & Required<Pick<VerifierOptions, 'clock'>>, before?: InForce): InForce {
  const { slice } = loaded
  const { nonceSecrets, introspection, revocations: store, clock } = options
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init) as unknown as ReturnType<Fetch>)
  requireFitting(slice, options)
  // What it spent is remembered under its name: as another hop it would know of none of it.
  if (before && slice.hop !== before.policy.hop) throw new ConfigError('config.hop', `this is hop ${before.policy.hop}, and the slice is of hop ${slice.hop}`)
  const nonces = nonceSecrets && createNonces({ secrets: nonceSecrets, hop: slice.hop, maxAge: slice.proof.maxAge })
  const policy = compilePolicy(slice, nonces)
  const metadata = options.resourceMetadata ? metadataOf(slice, policy) : new Map<string, string>()
  return {
    loaded,
    policy,
    issuers: openIssuers(slice.hop, slice.issuers, { fetch, ...(introspection && { introspection }) }, before?.issuers),
    revocations: openRevocations({ slice, fetch, clock, ...(store && { store }) }, before?.revocations),
    nonces: slice.proof.nonce === 'required' && slice.replayAuthority ? nonces : undefined,
    metadata,
    challenge: {
      hop: slice.hop,
      algs: [...policy.proofAlgs],
      schemes: schemesOf(slice),
      ...(metadata.size > 0 && { resourceMetadata: resourceMetadataUrl(slice.bases[0]!) }),
    },
    memo: createMemo(),
    earlier: before ? withEarlier(before.earlier, { policy: before.policy, until: clock() }) : [],
  }
}

/** The first base of a path speaks for it: which one was meant, only `Host` could say, and that is not asked. */
const metadataOf = (slice: Slice, { proofAlgs }: Policy): ReadonlyMap<string, string> =>
  new Map(
    [...slice.bases].reverse().map((base) => [new URL(resourceMetadataUrl(base)).pathname, JSON.stringify(resourceMetadataOf(slice, base, [...proofAlgs]))]),
  )
