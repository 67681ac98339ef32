import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { printLoad } from './print-load.js'
import type { LoadResult } from './run-load.js'

const RESULT: LoadResult = {
  options: { minutes: 1, proofs: 1_000, replayShare: 0.1 },
  tally: {
    sent: 1_000,
    accepted: 900,
    inDoubt: { 'replay.forgotten': 80, 'replay.unavailable': 15 },
    inFlightAtKill: 5,
    lost: {},
    copies: 100,
    copiesRefused: { 'proof.replayed': 98, broken: 2 },
    copiesAccepted: 0,
    latency: { p50: 2, p99: 9, max: 30 },
  },
  ranFor: 60,
  disturbances: [{ at: 30, what: 'Redis killed' }],
  letIn: 903,
  replaysAccepted: 0,
  holds: true,
}

test('the table says what was sent, what became of it, and the verdict in its last line', () => {
  const lines = printLoad(RESULT).split('\n')
  expect(lines.map((line) => line.trimStart().replace(/ {2,}/g, ' | '))).toEqual([
    'proofs sent once by their client | 1,000 | 17 a second',
    'accepted | 900 | p50 2 ms, p99 9 ms',
    "refused while the store's memory was in doubt | 95 | replay.forgotten 80, replay.unavailable 15",
    'in flight at the kill of a guard | 5',
    'lost otherwise | 0',
    'copies sent | 100',
    'refused | 100 | proof.replayed 98, broken 2',
    'accepted in place of the first | 0 | the first came later, was refused, or lost its answer',
    'let in, as the instances wrote down | 903',
    'replays accepted | 0',
    'disturbances | 1 | 30 s Redis killed',
    '',
    'holds: no replay accepted, no honest request lost otherwise',
  ])
  expect(
    printLoad({ ...RESULT, replaysAccepted: 1, holds: false })
      .split('\n')
      .at(-1),
  ).toBe('BROKEN')
})

test('a minute of load through two guards on one Redis, all killed in between: no copy is let in', { timeout: 300_000 }, async ({ skip }) => {
  if (process.env['EVERYHOP_FULL'] !== '1') skip('full run only: several processes for two minutes')
  const main = fileURLToPath(new URL('../../dist/load/main.js', import.meta.url))
  const { stdout } = await promisify(execFile)(process.execPath, [main, '--minutes', '1', '--proofs', '5000', '--json'], { maxBuffer: 1e7 })
  const { replaysAccepted, tally } = JSON.parse(stdout) as LoadResult
  expect([replaysAccepted, tally.sent]).toEqual([0, 5_000])
  expect(tally.accepted).toBeGreaterThan(1_000)
})
