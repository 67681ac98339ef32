import { InterruptedError } from '@everyhop/prober'

/**
 * Runs what takes tokens from an issuer: they are given back also when somebody stops it; a second signal ends at once.
 * Resolves to the exit status of the signal where there was one.
 */
export async function interruptible(work: (signal: AbortSignal) => Promise<void>): Promise<number | undefined> {
  const interrupted = new AbortController()
  let status = 130
  const stop = (signal: NodeJS.Signals): void => {
    status = signal === 'SIGTERM' ? 143 : 130
    process.stderr.write('\neveryhop: stopping, and revoking the tokens of this run\n')
    interrupted.abort()
    unwatch()
  }
  const unwatch = (): void => void process.off('SIGINT', stop).off('SIGTERM', stop)
  process.on('SIGINT', stop).on('SIGTERM', stop)
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
