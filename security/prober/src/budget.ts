/** How much a run may send, and how fast. */
export type Budget = {
  /** Resolves when the next request may go out; rejects when the run has used up what it may send. */
  readonly take: () => Promise<void>
  readonly spent: () => number
  /** Lets so many more requests out: a run that has used up what it may send must still put back what it took. */
  readonly extend: (by: number) => void
}

export class BudgetError extends Error {
  constructor(max: number) {
    super(`the run has sent the ${max} requests that it may send`)
    this.name = 'BudgetError'
  }
}

export type BudgetOptions = {
  readonly requestsPerSecond: number
  readonly max: number
  /** Milliseconds. */
  readonly clock: () => number
  readonly wait: (ms: number) => Promise<void>
}

export function createBudget({ requestsPerSecond, max, clock, wait }: BudgetOptions): Budget {
  const interval = 1000 / requestsPerSecond
  let spent = 0
  let limit = max
  let nextAt = 0
  return {
    spent: () => spent,
    extend(by) {
      limit = Math.max(limit, spent + by)
    },
    async take() {
      if (spent >= limit) throw new BudgetError(max)
      spent++
      const now = clock()
      const at = Math.max(now, nextAt)
      nextAt = at + interval
      if (at > now) await wait(at - now)
    },
  }
}
