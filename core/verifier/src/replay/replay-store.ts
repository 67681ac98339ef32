import type { Spend, SpendAnswer } from '@everyhop/proof'

/** Remembers what was used up. One atomic operation: of any number of callers with one id exactly one hears `fresh`. */
export interface ReplayStore {
  /**
   * Spends `id`, at `now` (epoch seconds), and remembers it up to and including `until`.
   * Resolves `forgotten` where its memory begins after `from`, `limit` where `owner` has too many live ids.
   * Rejects, or resolves `unavailable`, when it cannot know: the request is then refused. RFC 9449 §11.1.
   */
  spend(spend: Omit<Spend, 'spent'>, now: number): Promise<SpendAnswer>
}

export type MemoryReplayStoreOptions = {
  /** Entries that may live at once; when full it refuses instead of forgetting. Default 1,000,000. */
  readonly max?: number
}

/** For one process. It forgets all at a restart: for the age of a proof afterwards, an old one could be used again. */
export function createMemoryReplayStore({ max = 1_000_000 }: MemoryReplayStoreOptions = {}): ReplayStore & { readonly size: number } {
  const live = new Map<string, number>()
  let sweptAt = 0

  /** Once a second at most, however full: an attacker must not buy a walk of the map with each request. */
  function sweep(now: number): void {
    if (Math.floor(now) === sweptAt) return
    sweptAt = Math.floor(now)
    for (const [id, until] of live) if (until < now) live.delete(id)
  }

  return {
    get size() {
      return live.size
    },
    async spend({ id, until }, now) {
      const remembered = live.get(id)
      if (remembered !== undefined && remembered >= now) return 'spent'
      if (live.size >= max) sweep(now)
      if (live.size >= max) return 'full'
      live.set(id, until)
      return 'fresh'
    },
  }
}
