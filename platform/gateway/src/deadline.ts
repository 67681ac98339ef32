/** The time that one decision may take, in which the time that others take with a request does not count. */
export type Deadline = {
  /** What the promise gives, or undefined once the time is over. */
  readonly race: <T>(promise: Promise<T>) => Promise<T | undefined>
  /** Stands still while that is done: reading content is as slow as the client that sends it. */
  readonly suspended: <T>(work: () => Promise<T>) => Promise<T>
  readonly leftMs: () => number
  readonly end: () => void
}

export function createDeadline(ms: number): Deadline {
  let left = ms
  let startedAt = performance.now()
  let expire: () => void = () => undefined
  const late = new Promise<undefined>((resolve) => (expire = () => resolve(undefined)))
  let timer = setTimeout(expire, left)
  const leftMs = (): number => left - (performance.now() - startedAt)

  return {
    leftMs,
    race: (promise) => Promise.race([promise, late]),
    async suspended(work) {
      clearTimeout(timer)
      left = leftMs()
      try {
        return await work()
      } finally {
        startedAt = performance.now()
        timer = setTimeout(expire, left)
      }
    },
    end: () => clearTimeout(timer),
  }
}
