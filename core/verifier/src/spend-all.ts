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

/** Spends in their order, and no more once one was not fresh: at once where the store answers at once. Never rejects. */
export type SpendAll = (spends: readonly Spend[]) => readonly SpendAnswer[] | Promise<readonly SpendAnswer[]>

export function createSpendAll({ replay, clock, deadlineMs }: SpenderOptions): SpendAll {
  const extra = Math.ceil(deadlineMs / 1000)

  /**
   * Keys and revocations take their time: past `until` the store may have forgotten the first use, and `fresh` would mean nothing.
   * It remembers for its own deadline longer, so that this holds on its side too.
   */
  function spend(one: Spend): SpendAnswer | Promise<SpendAnswer> {
    const now = clock()
    if (!(now <= one.until)) return 'unavailable'
    try {
      const answer = replay!.spend({ ...one, until: one.until + extra }, now)
      return typeof answer === 'string' ? answer : inTime(deadlineMs, answer)
    } catch {
      return 'unavailable'
    }
  }

  async function spendRest(first: Promise<SpendAnswer>, before: readonly SpendAnswer[], rest: readonly Spend[]): Promise<readonly SpendAnswer[]> {
    const answer = await first
    const answers = [...before, answer]
    return answer === 'fresh' ? [...answers, ...(await spendAll(rest))] : answers
  }

  function spendAll(spends: readonly Spend[]): readonly SpendAnswer[] | Promise<readonly SpendAnswer[]> {
    const answers: SpendAnswer[] = []
    for (const one of spends) {
      const answer = spend(one)
      if (typeof answer !== 'string') return spendRest(answer, answers, spends.slice(answers.length + 1))
      answers.push(answer)
      if (answer !== 'fresh') break
    }
    return answers
  }

  return spendAll
}

/** An answer in time, or none: a store that is slow or broken has not said that a proof is fresh. */
async function inTime(ms: number, answer: Promise<SpendAnswer>): Promise<SpendAnswer> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<SpendAnswer>((resolve) => {
    timer = setTimeout(() => resolve('unavailable'), ms)
  })
  try {
    return await Promise.race([answer, late])
  } catch {
    return 'unavailable'
  } finally {
    clearTimeout(timer)
  }
}
