/**
 * @typedef {{ passed: number, failed: number, skipped: number }} Counts
 * @typedef {import('vitest/node').TestModule} TestModule
 * @typedef {import('vitest/node').TestCase} TestCase
 */

/** What a test says that waits for `npm run test:full`: the only skip that CI accepts. */
export const FULL_ONLY = 'full run only'

/** Ends a run with one line, `N passed, N failed, N skipped`, after the names of the skipped. */
export default class ClosingLine {
  /**
   * @param {readonly TestModule[]} modules
   * @param {readonly unknown[]} unhandled errors outside of any test
   */
  onTestRunEnd(modules, unhandled) {
    const isStrict = process.env['CI'] === 'true'
    const { counts, notes } = count(modules, unhandled, isStrict)
    for (const note of notes) console.log(note)
    if (process.send === undefined) console.log(closingLine(counts))
    else process.send(counts)
    if (counts.failed > 0 || counts.passed === 0) process.exitCode = 1
  }
}

/** @param {Counts} counts */
export function closingLine({ passed, failed, skipped }) {
  return `${passed} passed, ${failed} failed, ${skipped} skipped`
}

/**
 * A file that does not load is a failure, as is an error outside of any test, as is a run without tests.
 * Where a run is strict (CI) a missing server is a failure too: nothing may pass by being absent.
 * @param {readonly TestModule[]} modules
 * @param {readonly unknown[]} unhandled
 * @param {boolean} isStrict
 * @returns {{ counts: Counts, notes: readonly string[] }}
 */
export function count(modules, unhandled, isStrict) {
  const counts = { passed: 0, failed: unhandled.length, skipped: 0 }
  /** @type {string[]} */
  const notes = []
  for (const module of modules) {
    let failedTests = 0
    for (const test of module.children.allTests()) {
      const result = test.result()
      if (result.state === 'passed') counts.passed += 1
      else if (result.state === 'skipped') {
        const note = ('note' in result ? result.note : undefined) ?? 'no reason given'
        const isAccepted = !isStrict || note.startsWith(FULL_ONLY)
        counts[isAccepted ? 'skipped' : 'failed'] += 1
        notes.push(`${isAccepted ? 'skipped' : 'failed, not run under CI'}: ${test.fullName} (${note})`)
      } else failedTests += 1
    }
    const isBroken = module.state() === 'failed' && failedTests === 0
    counts.failed += failedTests + (isBroken ? 1 : 0)
    if (isBroken) notes.push(`failed, not loaded or not torn down: ${module.relativeModuleId}`)
  }
  if (counts.passed + counts.failed + counts.skipped === 0) {
    counts.failed = 1
    notes.push('failed: there was no test')
  }
  return { counts, notes }
}
