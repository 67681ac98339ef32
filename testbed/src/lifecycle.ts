export type Stop = () => void | Promise<void>

/** What was started, so that all of it is stopped: last started, first stopped. */
export type Lifecycle = {
  /** Registers how to stop something, as soon as it runs. */
  readonly onStop: (stop: Stop) => void
  /** Stops everything, also where one of them fails to; rejects with the first failure. Calling it twice is harmless. */
  readonly stop: () => Promise<void>
}

export function createLifecycle(): Lifecycle {
  const stops: Stop[] = []
  return {
    onStop: (stop) => void stops.push(stop),
    async stop() {
      const failures: unknown[] = []
      for (let stop = stops.pop(); stop !== undefined; stop = stops.pop()) {
        try {
          await stop()
        } catch (failure) {
          failures.push(failure)
        }
      }
      if (failures.length > 0) throw failures[0]
    },
  }
}

const SIGNALS = { SIGINT: 130, SIGTERM: 143 } as const

/** Runs `work` and stops what it started: when it ends, when it fails, and when the process is told to end. */
export async function withLifecycle<T>(work: (life: Lifecycle) => Promise<T>): Promise<T> {
  const life = createLifecycle()
  const handlers = Object.entries(SIGNALS).map(([signal, status]) => {
    const handler = (): void => {
      void life.stop().finally(() => process.exit(status))
    }
    process.once(signal, handler)
    return { signal, handler }
  })
  try {
    return await work(life)
  } finally {
    for (const { signal, handler } of handlers) process.removeListener(signal, handler)
    await life.stop()
  }
}
