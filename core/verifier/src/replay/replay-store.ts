import type { Spend, SpendAnswer } from '@everyhop/proof'

/** Remembers what was used up. One atomic operation: of any number of callers with one id exactly one hears `fresh`. */
export interface ReplayStore {
  /** `process`: no other process sees what is remembered here. Shared where it is absent. */
  readonly scope?: 'process'
  /**
   * Spends `id`, at `now` (epoch seconds), and remembers it up to and including `until`.
   * Resolves `forgotten` where its memory begins after `from`, and where it would be over by the rule (`until - made`) that something
   * of its `kind`, made no earlier, was spent by: so this one may have been, at an instance with another policy. Resolves `limit` where `owner` or `client` has too many live ids.
   * Rejects, or resolves `unavailable`, when it cannot know, as of what is over already: the request is then refused. RFC 9449 §11.1.
   * At once where its memory is in this process: no request then waits, and no deadline is needed.
   */
  spend(spend: Omit<Spend, 'spent'>, now: number): SpendAnswer | Promise<SpendAnswer>
  /**
   * Resolves once the store answers and is set up as it must be; rejects with ConfigError where it is not.
   * A memory that is new begins here, so that the first request is not the one to find out.
   */
  ready?(): Promise<void>
}

/** What a shared store is asked with that only has to look after its memory. */
export const NOTHING = { id: '', until: 0, from: 0, made: 0, kind: '' }

/** Seconds after which nothing can be used any more, however long a policy lets it live. */
export const LONGEST_LIFE = 1_000

/** Live ids an owner (the thumbprint of a client's key) may have, unless told otherwise. */
export const LIVE_PER_OWNER = 1_000

/** Live ids that one client may have at an instance, whatever the number of its keys, unless told otherwise. */
export const LIVE_PER_CLIENT = 500_000

/** The characters of ids and owners, in the order of their values. */
export const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
