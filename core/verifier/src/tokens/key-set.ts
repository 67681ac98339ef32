import type { KeyObject } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { SliceIssuer } from '@everyhop/chain'
import type { TokenAlg } from '@everyhop/proof'
import { discoverJwksUri } from './discover.js'
import { askFor, reasonOf, type Fetch } from './fetch-json.js'
import { findKey, readJwks, type PublishedKey } from './read-jwks.js'

/** For metadata and keys together. */
const TIMEOUT_MS = 5_000

/** Seconds after which keys are fetched again where the answer does not say; what it says counts within bounds. */
const REFRESH_AFTER = { usual: 300, least: 60, most: 1_800 }
/** The share of that time after which they are fetched ahead, so that a busy verifier never waits for them. */
const AHEAD = 0.8
/** Seconds after which old keys no longer count if no newer ones can be had. */
const EXPIRE_AFTER = 3_600
/** Seconds between two fetches for unknown key ids, and from a failure to the next try: a flood costs the issuer nothing, and nobody waits for one that hangs. */
const COOLDOWN = 5
/** Milliseconds that requests wait for newer keys while the old ones are in force: an issuer that hangs must not hang its chain. */
const PATIENCE_MS = 500

/** The keys of one issuer, found through its metadata (RFC 8414, OpenID Connect Discovery) or at `jwksUri`. */
export type KeySet = {
  readonly find: (kid: string | undefined, alg: TokenAlg) => KeyObject | undefined
  /** Whether the keys are recent. Fetches the next ones when it is almost time. */
  readonly areFresh: (now: number) => boolean
  /** Whether the keys count, recent or not. */
  readonly areInForce: (now: number) => boolean
  /** Fetches newer keys where they have grown old, and does not wait long for it where there are keys in force. */
  readonly renew: (now: number) => Promise<void>
  /** Fetches the keys unless that was tried a moment ago. Resolves whether the last try brought some. */
  readonly refresh: (now: number) => Promise<boolean>
  /** Rises with each fetch that brings keys. */
  readonly generation: () => number
  /** Why the last try failed. */
  readonly defect: () => string | undefined
}

export function createKeySet({ url, jwksUri, algs }: Pick<SliceIssuer, 'url' | 'jwksUri' | 'algs'>, fetch: Fetch): KeySet {
  let keys: readonly PublishedKey[] = []
  let fetchedAt = -Infinity
  let refreshAfter = REFRESH_AFTER.usual
  let triedAt = -Infinity
  let generation = 0
  let defect: string | undefined
  let inFlight: { readonly done: Promise<boolean>; readonly patience: Promise<unknown> } | undefined

  /** Both ways: keys from the future are from before the clock was set back. */
  const age = (now: number): number => Math.abs(now - fetchedAt)
  const areInForce = (now: number): boolean => keys.length > 0 && age(now) <= EXPIRE_AFTER

  async function load(now: number): Promise<boolean> {
    triedAt = now
    const startedAt = performance.now()
    const leftMs = (): number => TIMEOUT_MS - (performance.now() - startedAt)
    try {
      const uri = jwksUri ?? (await discoverJwksUri(url, fetch, leftMs))
      const { json, maxAge = REFRESH_AFTER.usual } = await askFor(fetch, uri, { timeoutMs: leftMs() })
      keys = readJwks(json, algs, keys)
      fetchedAt = now
      generation += 1
      refreshAfter = Math.min(Math.max(maxAge, REFRESH_AFTER.least), REFRESH_AFTER.most)
      defect = keys.length > 0 ? undefined : `none of its keys is for ${algs.join(' or ')}`
    } catch (error) {
      defect = reasonOf(error)
      triedAt = now + (performance.now() - startedAt) / 1_000
    }
    return defect === undefined
  }

  function refresh(now: number): Promise<boolean> {
    if (Math.abs(now - triedAt) < COOLDOWN && inFlight === undefined) return Promise.resolve(defect === undefined)
    const done = (): Promise<boolean> =>
      load(now).finally(() => {
        inFlight = undefined
      })
    inFlight ??= { done: done(), patience: sleep(PATIENCE_MS, undefined, { ref: false }) }
    return inFlight.done
  }

  return {
    find: (kid, alg) => findKey(keys, kid, alg),
    areFresh(now) {
      if (!(age(now) <= refreshAfter)) return false
      if (age(now) > refreshAfter * AHEAD) void refresh(now)
      return keys.length > 0
    },
    areInForce,
    async renew(now) {
      if (age(now) <= refreshAfter && keys.length > 0) return
      const refreshed = refresh(now)
      await (inFlight && areInForce(now) ? Promise.race([refreshed, inFlight.patience]) : refreshed)
    },
    refresh,
    generation: () => generation,
    defect: () => defect,
  }
}
