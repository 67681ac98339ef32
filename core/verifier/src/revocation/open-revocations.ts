import type { Slice } from '@everyhop/chain'
import type { Code } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import type { Fetch } from '../tokens/fetch-json.js'
import { follow, MAX_AGE, type Followed } from './follow.js'
import type { RevocationSubject } from './knowledge.js'
import { revocationFeed } from './revocation-feed.js'
import { MAX_REVOCATIONS, type RevocationStore } from './revocation-store.js'

/** `forgotten`: a source lost its memory after the token was issued, and would no longer know that it was revoked. */
export type Standing = 'live' | 'revoked' | 'unavailable' | 'forgotten'

export type Revocations = {
  /** Whether what was proven still counts, by all declared sources as of at most a second before `now`: at once where that is known. Never rejects. */
  readonly of: (subject: RevocationSubject, now: number) => Standing | Promise<Standing>
  /** Asks every source that was not asked just now. Never rejects: what is still unknown then, `of` says. */
  readonly renew: (now: number) => Promise<void>
  /** Resolves once every source has answered; rejects with a ConfigError that names those that do not. */
  readonly ready: () => Promise<void>
  /** What the next slice may go on with, by declaration. */
  readonly followed: ReadonlyMap<string, Followed>
}

export type RevocationsOptions = {
  readonly slice: Pick<Slice, 'issuers' | 'proof'>
  readonly fetch: Fetch
  /** Epoch seconds. */
  readonly clock: () => number
  readonly store?: RevocationStore
  /** Milliseconds that a source may take to answer; default 1,000. */
  readonly deadlineMs?: number
}

/** Seconds after which what is known is renewed, while it still counts: so that no request has to wait where they come often. */
const RENEW_AFTER = 0.5
/** Seconds within which asking again would tell little. */
const JUST_NOW = 0.1
/** Twice what a store takes by default: what was forgotten there is still known here. */
const MAX_KNOWN = 2 * MAX_REVOCATIONS

/** `skew`: seconds by which the source's clock and the issuer's may differ. */
type Source = { readonly followed: Followed; readonly skew: number }

/** The sources that a slice declares, the issuers' feeds and the shared store. None at all: tokens end when they expire. */
export function openRevocations(options: RevocationsOptions, before?: Revocations): Revocations {
  const { slice, fetch, clock, store, deadlineMs = 1_000 } = options
  const { tokenLifetime, skew } = slice.proof
  const followed = new Map<string, Followed>()
  const byIssuer = new Map<string, readonly Source[]>()
  const named = new Map<string, Followed>()

  const keep = (declaration: string, open: () => Followed): Followed => {
    const kept = before?.followed.get(declaration) ?? open()
    followed.set(declaration, kept)
    return kept
  }
  const shared: readonly Source[] = store
    ? [{ skew, followed: keep('store', () => follow({ source: store, clock, deadlineMs, max: MAX_KNOWN, writeBack: (known) => store.revoke(known) })) }]
    : []
  for (const { followed: source } of shared) named.set('the revocation store', source)
  for (const { url, revocations } of slice.issuers) {
    if (revocations === undefined) continue
    const source = revocationFeed(revocations, fetch, { tokenLifetime, deadlineMs })
    const feed = keep(JSON.stringify([url, revocations, tokenLifetime]), () => follow({ source, clock, deadlineMs, max: MAX_KNOWN }))
    named.set(`the revocations of the issuer ${url}`, feed)
    byIssuer.set(url, [...shared, { followed: feed, skew: 0 }])
  }

  function of(subject: RevocationSubject, now: number): Standing | Promise<Standing> {
    const sources = byIssuer.get(subject.issuer) ?? shared
    let oldest = 0
    for (const { followed: source } of sources) {
      if (source.hits(subject, now)) return 'revoked'
      const age = source.age(now)
      if (age > RENEW_AFTER && age <= MAX_AGE) void source.refresh()
      oldest = Math.max(oldest, age)
    }
    return oldest <= MAX_AGE ? remembered(sources, subject, now) : ask(sources, subject, now)
  }

  /** An answer that was already on its way may be of before the request: then once more. */
  async function ask(sources: readonly Source[], subject: RevocationSubject, now: number): Promise<Standing> {
    const isFresh = ({ followed: source }: Source): boolean => source.age(now) <= MAX_AGE
    const areFresh = async (): Promise<boolean> => {
      await Promise.all(sources.filter((one) => !isFresh(one)).map(({ followed: source }) => source.refresh()))
      return sources.every(isFresh)
    }
    const isKnown = (await areFresh()) || (await areFresh())
    if (sources.some(({ followed: source }) => source.hits(subject, now))) return 'revoked'
    return isKnown ? remembered(sources, subject, now) : 'unavailable'
  }

  function remembered(sources: readonly Source[], { issuedAt }: RevocationSubject, now: number): Standing {
    for (const { followed: source, skew: apart } of sources) {
      const since = source.since()
      if (since === 0) continue
      const isLater = issuedAt === undefined ? now > since + tokenLifetime + apart : issuedAt >= since + apart
      if (!isLater) return 'forgotten'
    }
    return 'live'
  }

  async function ready(): Promise<void> {
    const answers = await Promise.all(Array.from(named, async ([name, source]) => ((await source.refresh()) ? [] : [name])))
    const silent = answers.flat()
    if (silent.length > 0) throw new ConfigError('config.revocations', `cannot be read: ${silent.join(', ')}`)
  }

  async function renew(now: number): Promise<void> {
    await Promise.all([...followed.values()].filter((source) => source.age(now) > JUST_NOW).map((source) => source.refresh()))
  }

  return { of, renew, ready, followed }
}

const CODE_OF: Readonly<Record<Exclude<Standing, 'live'>, Code>> = {
  revoked: 'token.revoked',
  unavailable: 'revocation.unavailable',
  forgotten: 'revocation.forgotten',
}

export const codeOf = (standing: Exclude<Standing, 'live'>): Code => CODE_OF[standing]
