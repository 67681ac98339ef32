import type { Slice } from '@everyhop/chain'
import {
  createMemo,
  judge,
  refusalOf,
  refuse,
  settle,
  type Allow,
  type Code,
  type Decision,
  type Deny,
  type Memo,
  type Pending,
  type Policy,
  type Proven,
  type Refusal,
  type RefusalContext,
  type Sink,
  type Spend,
  type SpendAnswer,
} from '@everyhop/proof'
import { compilePolicy } from './compile-policy.js'
import { claimedContent, contentDefect, type ContentHash } from './content.js'
import type { Seen } from './evidence-from.js'
import { createNonces, type Nonces } from './nonces.js'
import { observedRoute } from './observed-route.js'
import type { LoadedSlice } from './read-slice.js'
import { receiptOf } from './receipt-of.js'
import type { ReplayStore } from './replay/replay-store.js'
import { requireFitting } from './require-options.js'
import { resourceMetadataOf, resourceMetadataUrl, schemesOf } from './resource-metadata.js'
import type { RevocationSubject } from './revocation/knowledge.js'
import { codeOf, openRevocations, type Revocations, type Standing } from './revocation/open-revocations.js'
import type { RevocationStore } from './revocation/revocation-store.js'
import { createRevocationWatch } from './revocation/watch-revocations.js'
import type { Fetch } from './tokens/fetch-json.js'
import type { IntrospectionCredentials } from './tokens/introspector.js'
import { openIssuers, type Issuers } from './tokens/issuers.js'
import type { Vigil } from './tokens/lookup.js'

export type VerifierOptions = {
  readonly slice: LoadedSlice
  /** Needed where this hop spends proofs or attestations; no default, since a silent one would be a hole. */
  readonly replay?: ReplayStore
  /** What was revoked, for all instances; it counts beside the feeds of the issuers. */
  readonly revocations?: RevocationStore
  /** Seconds for which something stays open while it is not known whether it was revoked; default 5. */
  readonly revocationGraceSeconds?: number
  /** At least 32 bytes each, the newest first; needed where the policy requires nonces and this hop is the replay authority. */
  readonly nonceSecrets?: readonly Uint8Array[]
  /** How this hop authenticates itself where it asks about tokens: by the URL of each issuer that is declared with introspection. */
  readonly introspection?: Readonly<Record<string, IntrospectionCredentials>>
  /** Says that this process is the only one of its hop, so that a store of its own is enough in production. */
  readonly singleInstance?: boolean
  /** Whether this hop serves the metadata of its resource (RFC 9728), so that refusals may name it. */
  readonly resourceMetadata?: boolean
  readonly sink?: Sink
  /** Epoch seconds. */
  readonly clock?: () => number
  readonly fetch?: Fetch
  /** Milliseconds that the replay store may take; default 1,000. */
  readonly spendDeadlineMs?: number
  /** Whether refusals on an observed route are only recorded: for hops that answer. One that passes a request on says by that that it was proven. */
  readonly observes?: boolean
}

/** `observed`: refused, and to be let through all the same, with nothing proven. */
export type Verdict = Allow | (Deny & { readonly observed?: true })

/** The engine with all that it needs from outside: keys, revocations, memory of what was spent. */
export type Verifier = {
  /**
   * Resolves once all issuers and the replay store answer; rejects with a ConfigError that names what does not. Requests that come
   * before are decided too, and wait for the keys.
   */
  readonly ready: () => Promise<void>
  /** Never rejects. What cannot be decided is a denial with the verifier at fault. */
  readonly verify: (seen: Seen, content?: ContentHash) => Promise<Verdict>
  /** The HTTP answer for a refusal, with a nonce where this hop gives them. */
  readonly refusal: (deny: Deny) => Refusal
  /** The metadata to answer a GET of this path with, where this hop serves it: JSON. */
  readonly resourceMetadata: (path: string) => string | undefined
  /** A fresh nonce for a response, where this hop gives them. */
  readonly nonce: () => string | undefined
  /**
   * For a response that stays open, or a connection: calls `close` once when what it was allowed for is revoked, within a second, or when
   * that cannot be known for longer than the grace. Call what it returns when the response has ended.
   */
  readonly watch: (proven: Proven, close: () => void) => () => void
  readonly slice: () => LoadedSlice
  /** Puts another slice in force. Throws ConfigError and keeps the old one where the new one is no good. */
  readonly reload: (slice: LoadedSlice) => void
}

type State = {
  readonly loaded: LoadedSlice
  readonly policy: Policy
  /** Documents by the path at which they are asked for. */
  readonly metadata: ReadonlyMap<string, string>
  readonly challenge: RefusalContext
  readonly issuers: Issuers
  readonly revocations: Revocations
  readonly nonces: Nonces | undefined
  readonly memo: Memo
}

/** `now`, of the clock that decides, may be set back or stand still; `startedAt` is of the one that only measures. */
type Began = { readonly now: number; readonly startedAt: number }

export function createVerifier(options: VerifierOptions): Verifier {
  const clock = options.clock ?? (() => Date.now() / 1000)
  const fetch: Fetch = options.fetch ?? ((url, init) => globalThis.fetch(url, init) as unknown as ReturnType<Fetch>)
  const { replay, sink, spendDeadlineMs = 1_000, observes = false } = options
  let state = compile(options.slice)
  /** For as long as what was proven is kept by somebody. */
  const vigils = new WeakMap<object, Vigil>()
  const open = createRevocationWatch({ standingOf, clock, grace: options.revocationGraceSeconds ?? 5 })

  function compile(loaded: LoadedSlice, before?: State): State {
    const { slice } = loaded
    requireFitting(slice, options)
    const { nonceSecrets, introspection } = options
    const nonces = nonceSecrets && createNonces({ secrets: nonceSecrets, hop: slice.hop, maxAge: slice.proof.maxAge })
    const policy = compilePolicy(slice, nonces)
    const metadata = options.resourceMetadata ? metadataOf(slice, policy) : new Map<string, string>()
    return {
      loaded,
      policy,
      metadata,
      challenge: {
        hop: slice.hop,
        algs: [...policy.proofAlgs],
        schemes: schemesOf(slice),
        ...(metadata.size > 0 && { resourceMetadata: resourceMetadataUrl(slice.bases[0]!) }),
      },
      issuers: openIssuers(slice.hop, slice.issuers, { fetch, ...(introspection === undefined ? {} : { introspection }) }, before?.issuers),
      revocations: openRevocations({ slice, fetch, clock, ...(options.revocations && { store: options.revocations }) }, before?.revocations),
      nonces: slice.proof.nonce === 'required' && slice.replayAuthority ? nonces : undefined,
      memo: createMemo(),
    }
  }

  async function decide(seen: Seen, now: number, inForce: State, content: ContentHash): Promise<{ decision: Decision; pending?: Pending }> {
    const { policy, issuers, revocations, memo } = inForce
    const evidence = { ...seen, ...claimedContent(seen, content), now }
    const keys = issuers.at(now)
    let judged = judge(evidence, policy, keys, memo)
    while (isRefused(judged, 'token.unknown-key') && (await keys.renew())) judged = judge(evidence, policy, keys, memo)
    if (isRefused(judged, 'token.unknown-key') && !keys.isCurrent()) return { decision: refuse('keys.unavailable') }
    if (isRefused(judged, 'token.opaque') && keys.introspected) {
      if (!(await keys.introspect(tokenIn(seen)))) return { decision: refuse('introspection.unavailable') }
      judged = judge(evidence, policy, keys, memo)
    }
    if (judged.verdict === 'deny') return { decision: judged }

    const defect = await contentDefect(judged, policy, seen, content)
    if (defect !== undefined) return { decision: refuse(defect), pending: judged }
    const vigil = keys.vigil(judged.proven.issuer, tokenIn(seen))
    const inactive = vigil && !keys.isRecent(clock()) ? await vigil(clock()) : undefined
    if (inactive !== undefined) return { decision: refuse(inactive), pending: judged }
    if (vigil) vigils.set(judged.proven, vigil)
    const standing = await revocations.of(judged.proven, clock())
    if (standing !== 'live') return { decision: refuse(codeOf(standing)), pending: judged }

    const answers: SpendAnswer[] = []
    for (const one of judged.spends) {
      const answer = await spend(one)
      answers.push(answer)
      if (answer !== 'fresh') break
    }
    return { decision: settle(judged, answers), pending: judged }
  }

  /** What stays open is asked about where its token was. */
  async function standingOf(subject: RevocationSubject, now: number): Promise<Standing> {
    const standing = await state.revocations.of(subject, now)
    const code = standing === 'live' ? await vigils.get(subject)?.(now) : undefined
    if (code === undefined) return standing
    return code === 'token.inactive' ? 'revoked' : 'unavailable'
  }

  /**
   * Keys and revocations take their time: past `until` the store may have forgotten the first use, and `fresh` would mean nothing.
   * It remembers for its own deadline longer, so that this holds on its side too.
   */
  async function spend({ until, ...spend }: Spend): Promise<SpendAnswer> {
    const now = clock()
    if (!(now <= until)) return 'unavailable'
    return within(spendDeadlineMs, () => replay!.spend({ ...spend, until: until + Math.ceil(spendDeadlineMs / 1000) }, now))
  }

  function record(inForce: State, decision: Decision, { now, startedAt }: Began, pending: Pending | undefined, route: string | undefined): void {
    try {
      sink?.append({
        ...receiptOf(inForce.loaded, decision, now, pending?.proven),
        seconds: (performance.now() - startedAt) / 1000,
        ...(route === undefined ? {} : { route, observed: true }),
      })
    } catch {
      // A sink that throws breaks its own promise; the request must not pay for it.
    }
  }

  return {
    async ready() {
      await Promise.all([state.issuers.ready(clock()), replay?.ready?.()])
    },
    async verify(seen, content) {
      const inForce = state
      const began = { now: clock(), startedAt: performance.now() }
      const { decision, pending } = await decide(seen, began.now, inForce, content).catch(() => ({ decision: refuse('verifier.failed'), pending: undefined }))
      const route = observes && decision.verdict === 'deny' ? observedRoute(seen.target, decision.code, began.now, inForce) : undefined
      record(inForce, decision, began, pending, route)
      return route === undefined ? decision : { ...(decision as Deny), observed: true }
    },
    refusal(deny) {
      const { challenge, nonces } = state
      return refusalOf(deny, nonces === undefined ? challenge : { ...challenge, nonce: nonces.current(clock()) })
    },
    resourceMetadata: (path) => state.metadata.get(path),
    nonce: () => state.nonces?.current(clock()),
    watch: (proven, close) =>
      open.watch(proven, (why) => {
        try {
          close()
        } finally {
          sink?.append(receiptOf(state.loaded, refuse(why), clock(), proven))
        }
      }),
    slice: () => state.loaded,
    reload(slice) {
      state = compile(slice, state)
    },
  }
}

/** The first base of a path speaks for it: which one was meant, only `Host` could say, and that is not asked. */
const metadataOf = (slice: Slice, { proofAlgs }: Policy): ReadonlyMap<string, string> =>
  new Map(
    [...slice.bases].reverse().map((base) => [new URL(resourceMetadataUrl(base)).pathname, JSON.stringify(resourceMetadataOf(slice, base, [...proofAlgs]))]),
  )

const isRefused = (judged: Deny | Pending, code: Code): boolean => judged.verdict === 'deny' && judged.code === code

/** The token itself, of a request whose one Authorization field was read: a scheme, a space, a token. */
const tokenIn = ({ authorization: [value = ''] }: Seen): string => value.slice(value.indexOf(' ') + 1)

/** An answer in time, or none: a store that is slow or broken has not said that a proof is fresh. */
async function within(ms: number, ask: () => Promise<SpendAnswer>): Promise<SpendAnswer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<SpendAnswer>((resolve) => {
    timer = setTimeout(() => resolve('unavailable'), ms)
  })
  try {
    return await Promise.race([ask(), late])
  } catch {
    return 'unavailable'
  } finally {
    clearTimeout(timer)
  }
}
