import { createPublicKey, KeyObject } from 'node:crypto'
import type { Proven, Refusal } from '@everyhop/proof'
import {
  compileTerminators,
  ConfigError,
  createVerifier,
  evidenceFrom,
  readSlice,
  type HashedContent,
  type LoadedSlice,
  type RawRequest,
} from '@everyhop/verifier'
import type { GuardOptions, Jwk } from './guard-options.js'
import { requireKnown } from './known-options.js'
import { optionsSlice } from './options-slice.js'
import { requireShapes } from './require-shapes.js'

/** What every adapter offers beside its handler. */
export type Upkeep = {
  /** Resolves once the issuers' keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another signed slice in force; throws, and keeps the old one, where it is no good or the guard was set up by options. */
  readonly reload: (slice: string) => void
}

/** One request as the adapter got it. */
export type Arrival = Omit<RawRequest, 'terminators'> & {
  /** Called at most once, only where the route's content is covered and all else holds. Leaves the content to be read again. */
  readonly hashContent: (maxBytes: number) => Promise<HashedContent>
}

/** What an adapter has to do: go on with these fields in the response, or give the answer as it stands. */
export type Admission =
  | {
      readonly verdict: 'allow'
      /** Undefined where a refusal was only recorded, since the route is observed while it is rolled out. */
      readonly proven: Proven | undefined
      readonly fields: Refusal['fields']
      /** Calls `close` once when what was proven is revoked; the function that it returns ends that. Absent where nothing was proven. */
      readonly watch?: (close: () => void) => () => void
    }
  | { readonly verdict: 'deny'; readonly answer: Refusal }
  /** Asked for what anybody may know: the metadata of the resource (RFC 9728). */
  | { readonly verdict: 'answered'; readonly answer: Refusal }

/** Never rejects. */
export type Admit = (arrival: Arrival) => Promise<Admission>

const MAX_CONTENT_BYTES = 1_048_576

/** Public, and of use to clients in browsers too. */
const METADATA_FIELDS: Refusal['fields'] = [
  ['Content-Type', 'application/json'],
  ['Cache-Control', 'max-age=300'],
  ['Access-Control-Allow-Origin', '*'],
]

/** What every adapter stands on; it knows no framework. Throws ConfigError at start-up, never for a request. */
export function openGuard(options: GuardOptions): { readonly admit: Admit; readonly upkeep: Upkeep } {
  requireShapes(options)
  requireKnown(options)
  const { maxContentBytes = MAX_CONTENT_BYTES } = options
  if (!(maxContentBytes > 0)) throw new ConfigError('config.content-limit', 'maxContentBytes is a number of bytes above zero')
  const load = loaderOf(options)
  const loaded = load()
  let terminators = compileTerminators(loaded.slice)
  // Below a prefix, or behind a slice, others may serve it: there it is asked for.
  const { resourceMetadata = options.base !== undefined } = options
  const verifier = createVerifier({ ...options, resourceMetadata, slice: loaded, observes: true })

  const admit: Admit = async ({ hashContent, ...raw }) => {
    const metadata = raw.method === 'GET' || raw.method === 'HEAD' ? verifier.resourceMetadata(raw.target) : undefined
    if (metadata !== undefined) return { verdict: 'answered', answer: { status: 200, fields: METADATA_FIELDS, body: metadata } }
    const verdict = await verifier.verify(evidenceFrom({ ...raw, terminators }), () => hashContent(maxContentBytes))
    if (verdict.verdict === 'allow') {
      const { proven } = verdict
      return { verdict: 'allow', proven, fields: nonceFields(verifier.nonce()), watch: (close) => verifier.watch(proven, close) }
    }
    return verdict.observed ? { verdict: 'allow', proven: undefined, fields: [] } : { verdict: 'deny', answer: verifier.refusal(verdict) }
  }

  const reload = (text: string): void => {
    const next = load(text)
    const compiled = compileTerminators(next.slice)
    verifier.reload(next)
    terminators = compiled
  }
  return { admit, upkeep: { ready: verifier.ready, reload } }
}

/** Reads what is to come into force: the signed slice, or that of the options. */
function loaderOf(options: GuardOptions): (next?: string) => LoadedSlice {
  const { slice, sliceKey, base } = options
  if (slice !== undefined && base !== undefined) throw new ConfigError('config.forms', 'give a slice, or base, issuer and audience: not both')
  if (base !== undefined) {
    return (next) => {
      if (next !== undefined) throw new ConfigError('config.reload', 'a guard that was set up by options has no slice to change: start it again')
      return optionsSlice(options, options.clock?.() ?? Date.now() / 1000)
    }
  }
  if (slice === undefined) throw new ConfigError('config.base-missing', 'base is missing: the external URL of this application, with which proofs are compared')
  const key = sliceKey instanceof KeyObject ? sliceKey : importKey(sliceKey)
  return (next) => readSlice(next ?? slice, key)
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

function importKey(jwk: Jwk): KeyObject {
  try {
    return createPublicKey({ key: jwk, format: 'jwk' })
  } catch {
    throw new ConfigError('config.slice-key', 'sliceKey is not a public key: give the JWK that "everyhop key new" wrote beside the private one')
  }
}
