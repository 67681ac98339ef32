import { InterruptedError } from '@everyhop/prober'

/** As shells have it: 128 and the number of the signal. A terminal that is closed is one that stops the run, too. */
const STATUS: Readonly<Partial<Record<NodeJS.Signals, number>>> = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }

/**
 * Runs what takes tokens from an issuer: they are given back also when somebody stops it; a second signal ends at once.
 * Resolves to the exit status of the signal where there was one.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<number | undefined> {
  const interrupted = new AbortController()
  let status = 130
  const stop = (signal: NodeJS.Signals): void => {
    status = STATUS[signal] ?? 130
    process.stderr.write('\neveryhop: stopping, and revoking the tokens of this run\n')
    interrupted.abort()
    unwatch()
  }
  const signals = Object.keys(STATUS) as NodeJS.Signals[]
  const unwatch = (): void => signals.forEach((signal) => process.off(signal, stop))
  for (const signal of signals) process.on(signal, stop)
  try {
    await work(interrupted.signal)
    return undefined
  } catch (error) {
    if (error instanceof InterruptedError) return status
    throw error
  } finally {
    unwatch()
    if (process.stderr.isTTY) process.stderr.write('\r\u001B[K')
  }
}
