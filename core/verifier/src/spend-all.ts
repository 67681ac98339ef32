import type { Spend, SpendAnswer } from '@everyhop/proof'
import type { ReplayStore } from './replay/replay-store.js'

export type SpenderOptions = {
  /** Absent where nothing has to be spent. */
  readonly replay: ReplayStore | undefined
  /** Epoch seconds. */
  readonly clock: () => number
  /** Milliseconds that the store may take for each. */
  readonly deadlineMs: number
}

/** Spends in their order, and no more once one was not fresh. Never rejects. */
export type SpendAll = (spends: readonly Spend[]) => Promise<readonly SpendAnswer[]>

export function createSpendAll({ replay, clock, deadlineMs }: SpenderOptions): SpendAll {
  /**
   * Keys and revocations take their time: past `until` the store may have forgotten the first use, and `fresh` would mean nothing.
   * It remembers for its own deadline longer, so that this holds on its side too.
   */
  async function spend({ until, ...spend }: Spend): Promise<SpendAnswer> {
    const now = clock()
    if (!(now <= until)) return 'unavailable'
    return within(deadlineMs, () => replay!.spend({ ...spend, until: until + Math.ceil(deadlineMs / 1000) }, now))
  }

  return async (spends) => {
    const answers: SpendAnswer[] = []
    for (const one of spends) {
      const answer = await spend(one)
      answers.push(answer)
      if (answer !== 'fresh') break
    }
    return answers
  }
}

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
