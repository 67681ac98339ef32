import { ConfigError } from '../config-error.js'
import { LIVE_PER_CLIENT, type ReplayStore } from './replay-store.js'

/** Seconds by which an id may count too long for its client: ends are counted together, slice by slice. */
const SLICE = 32

/** How many live ids each client has, as this process saw them spent. A number a client and slice, none an id. */
export type ClientLimit = {
  readonly isReached: (client: string | undefined, now: number) => boolean
  readonly count: (client: string | undefined, until: number) => void
}

export function createClientLimit(perClient: number): ClientLimit {
  if (!(perClient >= 1)) throw new ConfigError('config.replay-per-client', 'perClient must be at least 1')
  /** By the second with which all of a slice are over. */
  const slices = new Map<number, Map<string, number>>()
  return {
    isReached(client, now) {
      if (client === undefined) return false
      let live = 0
      for (const [end, ids] of slices) {
        if (end < now) slices.delete(end)
        else live += ids.get(client) ?? 0
      }
      return live >= perClient
    },
    count(client, until) {
      if (client === undefined) return
      const end = Math.ceil(until / SLICE) * SLICE
      const ids = slices.get(end) ?? new Map<string, number>()
      slices.set(end, ids.set(client, (ids.get(client) ?? 0) + 1))
    },
  }
}

/** For a store that instances share: a client is counted at each of them, by what went through it, so that nothing is asked for it and nothing waits. */
export function withClientLimit(store: ReplayStore, perClient = LIVE_PER_CLIENT): ReplayStore {
  const limit = createClientLimit(perClient)
  return {
    ...store,
    async spend(one, now) {
      if (limit.isReached(one.client, now)) return 'limit'
      const answer = await store.spend(one, now)
      if (answer === 'fresh') limit.count(one.client, one.until)
      return answer
    },
  }
}
