import { availableParallelism } from 'node:os'
import {
  examine,
  genuineToken,
  refusalOf,
  refuse,
  settle,
  type Allow,
  type Code,
  type Decision,
  type Deny,
  type Evidence,
  type Pending,
  type Proven,
  type Receipt,
  type Refusal,
  type Sink,
} from '@everyhop/proof'
import { createCompany } from './company.js'
import { createConclude } from './conclude.js'
import { claimedContent, contentDefect, isCovered, type ContentHash } from './content.js'
import type { Seen } from './evidence-from.js'
import { putInForce, type InForce } from './in-force.js'
import { mayBeUsed } from './earlier.js'
import { observedRoute } from './observed-route.js'
import type { LoadedSlice } from './read-slice.js'
import { receiptOf } from './receipt-of.js'
import type { ReplayStore } from './replay/replay-store.js'
import type { RevocationSubject } from './revocation/knowledge.js'
import { codeOf, type Standing } from './revocation/open-revocations.js'
import type { RevocationStore } from './revocation/revocation-store.js'
import { createRevocationWatch } from './revocation/watch-revocations.js'
import { createSpendAll } from './spend-all.js'
import type { Fetch } from './tokens/fetch-json.js'
import type { IntrospectionCredentials } from './tokens/introspector.js'
import type { Lookup, Vigil } from './tokens/lookup.js'

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
   * Resolves once all issuers, their feeds and the stores answer; rejects with a ConfigError that names what does not. Requests that come
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

/** `pending`: what was known of a request when it was refused late. */
type Decided = { readonly decision: Decision; readonly pending: Pending | undefined }

/** What the engine says of a request before anything is spent. */
type Judged = Deny | Pending

/** `now`, of the clock that decides, may be set back or stand still; `startedAt` is of the one that only measures. */
type Began = { readonly now: number; readonly startedAt: number }

/** Signatures at once on other threads. Of one processor there are none to spare. */
const MOST_ASIDE = availableParallelism() > 1 ? 16 : 0

export function createVerifier(options: VerifierOptions): Verifier {
  const clock = options.clock ?? (() => Date.now() / 1000)
  const { replay, sink, spendDeadlineMs = 1_000, observes = false } = options
  const conclude = createConclude(createCompany(MOST_ASIDE))
  let state = putInForce(options.slice, { ...options, clock })
  const spendAll = createSpendAll({ replay, clock, deadlineMs: spendDeadlineMs })
  /** For as long as what was proven is kept by somebody. */
  const vigils = new WeakMap<object, Vigil>()
  const open = createRevocationWatch({ standingOf, renew: (now) => state.revocations.renew(now), clock, grace: options.revocationGraceSeconds ?? 5 })

  /** Waits only for what is not known here: where nothing has to be asked or read, a request is decided in one go. */
  function decide(seen: Seen, now: number, inForce: InForce, content: ContentHash): Decided | Promise<Decided> {
    const keys = inForce.issuers.at(now)
    const evidence = evidenceAt(now, content === undefined ? seen : { ...seen, ...claimedContent(seen, content) })
    const judge = (): Judged | Promise<Judged> => conclude(examine(evidence, inForce.policy, keys, inForce.memo))
    const answered = andThen(judge(), (first) => (lacksAnswer(first) ? judgeAsking(first, judge, tokenIn(seen), keys) : first))
    return andThen(answered, (judged) => {
      if (judged.verdict === 'deny') return { decision: judged, pending: undefined }
      const defect = isCovered(judged, inForce.policy) ? contentDefect(seen, content) : undefined
      const ended = andThen(defect, (found) => found ?? whatEndedIt(judged.proven, seen, inForce, keys))
      return andThen(ended, (reason) => (reason === undefined ? spendAndSettle(judged, inForce) : { decision: refuse(reason), pending: judged }))
    })
  }

  function spendAndSettle(pending: Pending, { earlier }: InForce): Decided | Promise<Decided> {
    if (earlier.length > 0 && pending.spends.some((spend) => mayBeUsed(spend, earlier))) {
      return { decision: refuse('replay.forgotten'), pending }
    }
    return andThen(spendAll(pending.spends), (answers) => ({ decision: settle(pending, answers), pending }))
  }

  /** Why the token does not live any more, though all else holds. Comes last but for spending: the content may have taken its time. */
  function whatEndedIt(proven: Proven, seen: Seen, inForce: InForce, keys: Lookup): Code | undefined | Promise<Code | undefined> {
    const vigil = keys.vigil(proven.issuer, tokenIn(seen))
    if (vigil) return keepVigil(vigil, proven, inForce, keys)
    const standing = inForce.revocations.of(proven, clock())
    return isPromise(standing) ? standing.then(endOf) : endOf(standing)
  }

  async function keepVigil(vigil: Vigil, proven: Proven, { revocations }: InForce, keys: Lookup): Promise<Code | undefined> {
    const inactive = keys.isRecent(clock()) ? undefined : await vigil(clock())
    if (inactive !== undefined) return inactive
    vigils.set(proven, vigil)
    return endOf(await revocations.of(proven, clock()))
  }

  /** What stays open is asked about where its token was. */
  async function standingOf(subject: RevocationSubject, now: number): Promise<Standing> {
    const standing = await state.revocations.of(subject, now)
    const code = standing === 'live' ? await vigils.get(subject)?.(now) : undefined
    if (code === undefined) return standing
    return code === 'token.inactive' ? 'revoked' : 'unavailable'
  }

  function currentNonce(): string | undefined {
    const now = timeOf(clock)
    return Number.isFinite(now) ? state.nonces?.current(now) : undefined
  }

  /** Whose requests would be refused is what a roll-out has to find out: of a refusal that is only recorded, the token is looked at all the same. */
  function observation(route: string, seen: Seen, now: number, { policy, issuers }: InForce): Partial<Receipt> {
    const token = genuineToken({ ...seen, now }, policy, issuers.at(now))
    return { ...(token && { client: token.client, tokenId: token.id }), route, observed: true }
  }

  function record(inForce: InForce, { decision, pending }: Decided, { now, startedAt }: Began, observed?: () => Partial<Receipt>): void {
    try {
      sink?.append({
        ...receiptOf(inForce.loaded, decision, Number.isFinite(now) ? now : Date.now() / 1000, pending?.proven),
        seconds: (performance.now() - startedAt) / 1000,
        ...observed?.(),
      })
    } catch {
      // A sink that throws breaks its own promise; the request must not pay for it.
    }
  }

  return {
    async ready() {
      await Promise.all([state.issuers.ready(clock()), state.revocations.ready(), replay?.ready?.()])
    },
    async verify(seen, content) {
      const inForce = state
      const began = { now: timeOf(clock), startedAt: sink ? performance.now() : 0 }
      let decided: Decided = { decision: refuse('verifier.failed'), pending: undefined }
      try {
        const given = Number.isFinite(began.now) ? decide(seen, began.now, inForce, content) : decided
        decided = isPromise(given) ? await given : given
      } catch {
        // What is thrown lets nobody in: the refusal stands.
      }
      const { decision } = decided
      const route = observes && decision.verdict === 'deny' ? observedRoute(seen.target, began.now, inForce) : undefined
      record(inForce, decided, began, route === undefined ? undefined : () => observation(route, seen, began.now, inForce))
      return route === undefined ? decision : { ...(decision as Deny), observed: true }
    },
    refusal(deny) {
      const { challenge } = state
      const nonce = currentNonce()
      return refusalOf(deny, nonce === undefined ? challenge : { ...challenge, nonce })
    },
    resourceMetadata: (path) => state.metadata.get(path),
    nonce: currentNonce,
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
      state = putInForce(slice, { ...options, clock }, state)
    },
  }
}

/** With the time of our clock, whatever else was seen. Not spread and added to, which takes as long as a hash. */
function evidenceAt(now: number, seen: Seen): Evidence {
  const evidence = Object.assign({ now }, seen)
  evidence.now = now
  return evidence
}

/** NaN where the clock fails: then nothing can be decided. */
function timeOf(clock: () => number): number {
  try {
    return clock()
  } catch {
    return Number.NaN
  }
}

/** The engine's answer with all that the issuers can tell: they are asked only for what is missing once everything else holds. */
async function judgeAsking(first: Judged, judge: () => Judged | Promise<Judged>, token: string, keys: Lookup): Promise<Judged> {
  let judged = first
  while (isRefused(judged, 'token.unknown-key') && (await keys.renew())) judged = await judge()
  if (isRefused(judged, 'token.unknown-key') && !keys.isCurrent()) return refuse('keys.unavailable')
  if (!isRefused(judged, 'token.opaque') || !keys.introspected) return judged
  return (await keys.introspect(token)) ? judge() : refuse('introspection.unavailable')
}

const lacksAnswer = (judged: Judged): boolean => isRefused(judged, 'token.unknown-key') || isRefused(judged, 'token.opaque')

const endOf = (standing: Standing): Code | undefined => (standing === 'live' ? undefined : codeOf(standing))

/** Goes on at once with what is there, and with a promise when it is kept. */
const andThen = <T, U>(value: T | Promise<T>, next: (value: T) => U | Promise<U>): U | Promise<U> => (isPromise(value) ? value.then(next) : next(value))

const isPromise = <T>(value: T | Promise<T>): value is Promise<T> => value instanceof Promise

const isRefused = (judged: Judged, code: Code): boolean => judged.verdict === 'deny' && judged.code === code

/** The token itself, of a request whose one Authorization field was read: a scheme, a space, a token. */
const tokenIn = ({ authorization: [value = ''] }: Seen): string => value.slice(value.indexOf(' ') + 1)
