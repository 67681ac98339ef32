/**
 * Gives a gateway's own retry of one request the answer that the first try got: a gateway asks again when an answer is slow
 * or lost, and the copy would else be judged a replay. Only the gateway makes the id, and the key covers all that decides,
 * so a client's second request never finds the answer to its first.
 */
export type RetryMemory<A> = { readonly once: (key: string, answer: () => Promise<A>) => Promise<A> }

const KEPT_MS = 5_000

/** Keeps at most `max` answers; the oldest goes first, and what is gone is judged again. `now` is in milliseconds. */
export function createRetryMemory<A>(max: number, now: () => number): RetryMemory<A> {
  const kept = new Map<string, { readonly at: number; readonly answer: Promise<A> }>()

  function forget(): void {
    for (const [key, { at }] of kept) {
      if (kept.size < max && now() - at < KEPT_MS) return
      kept.delete(key)
    }
  }

  return {
    once(key, answer) {
      forget()
      const known = kept.get(key)
      if (known) return known.answer
      const made = answer()
      kept.set(key, { at: now(), answer: made })
      return made
    },
  }
}
