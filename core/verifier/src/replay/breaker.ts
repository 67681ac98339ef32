import type { SpendAnswer } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import type { ReplayStore } from './replay-store.js'
import { tell, type SharedStoreOptions } from './trouble.js'

/** Milliseconds that a start may wait for the store. */
const READY_MS = 5_000

export type BreakerOptions = {
  /** Milliseconds that an answer may take; later it is `unavailable`. Default 500. */
  readonly deadlineMs?: number
  /** Failures in a row after which the store is not asked for a while. Default 5. */
  readonly failures?: number
  /** Milliseconds of that while; then a single request tries. Default 1,000. */
  readonly openMs?: number
  /** Milliseconds, never set back. */
  readonly clock?: () => number
}

/**
 * Answers in time, whatever the store does: `unavailable` where it is late, fails, or failed so often just now that it is left alone.
 * An answer after the deadline changes nothing for its request, which was refused; the proof may be spent all the same.
 */
export function withBreaker(store: ReplayStore, options: BreakerOptions & Pick<SharedStoreOptions, 'onTrouble'> = {}): ReplayStore {
  const { deadlineMs = 500, failures = 5, openMs = 1_000, clock = () => performance.now(), onTrouble } = options
  if (!(deadlineMs > 0 && failures >= 1 && openMs >= 0)) {
    throw new ConfigError('config.replay-breaker', 'deadlineMs must be positive, failures at least 1, openMs not negative')
  }
  let failed = 0
  let openUntil = -Infinity
  let isTrying = false
  const giveUp = (trouble: 'late' | 'failed'): SpendAnswer => {
    tell(onTrouble, trouble)
    return 'unavailable'
  }
  const isLate = () => Promise.resolve(giveUp('late'))
  const hasFailed = () => giveUp('failed')

  return {
    async ready() {
      const late = () => Promise.reject(new ConfigError('config.replay-store', `the replay store does not answer within ${READY_MS} ms`))
      await inTime(READY_MS, () => store.ready?.() ?? Promise.resolve(), late)
    },
    async spend(spend, now) {
      const isOpen = failed >= failures
      if (isOpen && (isTrying || clock() < openUntil)) return 'unavailable'
      if (isOpen) isTrying = true
      const answer = await inTime(deadlineMs, async () => store.spend(spend, now), isLate).catch(hasFailed)
      if (isOpen) isTrying = false
      failed = answer === 'unavailable' ? failed + 1 : 0
      if (failed >= failures) openUntil = clock() + openMs
      return answer
    },
  }
}

async function inTime<T>(ms: number, ask: () => Promise<T>, whenLate: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(whenLate()), ms)
  })
  try {
    return await Promise.race([ask(), late])
  } finally {
    clearTimeout(timer)
  }
}
