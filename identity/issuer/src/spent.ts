/** Seconds between two sweeps. */
const SWEEP_EVERY = 30

/** Remembers what may be used once: proofs and client assertions. */
export type Spent = {
  /**
   * Spends `id` of a client that has authenticated, atomically. False if it was spent before; undefined if there is no room to remember it,
   * which the caller must take as a refusal. `until` is epoch seconds; afterwards `id` may be forgotten.
   */
  readonly spend: (client: string, id: string, until: number, now: number) => boolean | undefined
}

/** In memory and bounded, for each client by itself: nobody can crowd out the others. It never forgets early to make room: a forgotten proof could be used again. */
export function createSpent(maxPerClient = 20_000): Spent {
  const clients = new Map<string, Map<string, number>>()
  let sweptAt = -Infinity

  function sweep(now: number) {
    for (const spent of clients.values()) for (const [id, end] of spent) if (end < now) spent.delete(id)
    sweptAt = now
  }

  return {
    spend(client, id, end, now) {
      if (now - sweptAt >= SWEEP_EVERY) sweep(now)
      const spent = clients.get(client) ?? new Map<string, number>()
      if (spent.has(id)) return false
      if (spent.size >= maxPerClient) return undefined
      clients.set(client, spent.set(id, end))
      return true
    },
  }
}
