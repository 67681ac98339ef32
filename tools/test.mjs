import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { closingLine } from './closing-line.mjs'
import { ROOT } from './run.mjs'
import { setUp } from './setup.mjs'

const MINUTE = 60_000
const isFull = process.argv.includes('--full')
const limit = (isFull ? 60 : 20) * MINUTE
const startedAt = Date.now()

const ready = await setUp()
const counts = ready === 'failed' ? undefined : await runTests(process.argv.slice(2).filter((arg) => arg !== '--full'))
const total = counts ?? { passed: 0, failed: 1, skipped: 0 }
if (ready === 'unbuilt') {
  process.stdout.write('failed: the sources do not build (see above)\n')
  total.failed += 1
}
process.stdout.write(`\n${closingLine(total)}\n`)
process.exitCode = total.failed === 0 && total.passed > 0 ? 0 : 1

/**
 * Runs vitest in a process group of its own, so that a run that takes too long ends with all that it started.
 * @param {readonly string[]} filters
 * @returns {Promise<import('./closing-line.mjs').Counts | undefined>} undefined when the run did not come to its end
 */
function runTests(filters) {
  const args = ['run', '--reporter=default', `--reporter=${join(ROOT, 'tools/closing-line.mjs')}`, ...filters]
  const env = { ...process.env, ...(isFull && { EVERYHOP_FULL: '1' }) }
  const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
    cwd: ROOT,
    env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    detached: true,
  })
  /** @param {NodeJS.Signals} signal */
  const end = (signal) => child.pid !== undefined && process.kill(-child.pid, signal)
  const interrupted = () => end('SIGTERM')
  process.once('SIGINT', interrupted)
  process.once('SIGTERM', interrupted)
  const timer = setTimeout(
    () => {
      process.stdout.write(`failed: not done after ${limit / MINUTE} minutes\n`)
      end('SIGKILL')
    },
    limit - (Date.now() - startedAt),
  )
  return new Promise((resolve) => {
    /** @type {import('./closing-line.mjs').Counts | undefined} */
    let counts
    child.once('message', (message) => {
      counts = /** @type {import('./closing-line.mjs').Counts} */ (message)
    })
    child.once('error', () => resolve(undefined))
    child.once('close', (status, signal) => {
      clearTimeout(timer)
      if (counts === undefined || signal !== null) return resolve(undefined)
      // vitest may fail for a reason that is no test: a coverage threshold, a broken configuration.
      resolve(status === 0 || counts.failed > 0 ? counts : { ...counts, failed: 1 })
    })
  })
}
