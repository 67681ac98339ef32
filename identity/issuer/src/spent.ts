/** Seconds between two sweeps. */
const SWEEP_EVERY = 30

/** Remembers what may be used once: proofs and client assertions. */
export type Spent = {
  /**
   * Spends `id`, atomically. False if it was spent before; undefined if there is no room to remember it, which the caller must take as a refusal.
   * `until` is epoch seconds; afterwards `id` may be forgotten.
   */
  readonly spend: (id: string, until: number, now: number) => boolean | undefined
}

/** In memory and bounded. It never forgets early to make room: a forgotten proof could be used again. */
export function createSpent(max = 100_000): Spent {
  const until = new Map<string, number>()
  let sweptAt = -Infinity

  function sweep(now: number) {
    for (const [id, end] of until) if (end < now) until.delete(id)
    sweptAt = now
  }

  return {
    spend(id, end, now) {
      if (now - sweptAt >= SWEEP_EVERY) sweep(now)
      if (until.has(id)) return false
      if (until.size >= max) return undefined
      until.set(id, end)
      return true
    },
  }
}
