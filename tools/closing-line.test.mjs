import { expect, test } from 'vitest'
import { closingLine, count, FULL_ONLY } from './closing-line.mjs'

const passed = { state: 'passed' }
const failed = { state: 'failed' }
const skipped = (note) => ({ state: 'skipped', note })

/** A file of tests as vitest reports it. */
const file = (results, state = results.includes(failed) ? 'failed' : 'passed') => ({
  relativeModuleId: 'a.test.ts',
  state: () => state,
  children: { allTests: () => results.map((result) => ({ fullName: 'a test', result: () => result })) },
})

test('tests are counted by what became of them', () => {
  const { counts } = count([file([passed, failed, passed]), file([skipped('needs nginx')])], [], false)
  expect(closingLine(counts)).toBe('2 passed, 1 failed, 1 skipped')
})

test('a file that does not load is a failure', () => {
  expect(count([file([], 'failed'), file([passed])], [], false).counts).toEqual({ passed: 1, failed: 1, skipped: 0 })
})

test('an error outside of any test is a failure', () => {
  expect(count([file([passed])], [new Error('late')], false).counts.failed).toBe(1)
})

test('a run without tests is a failure', () => {
  expect(count([], [], false).counts).toEqual({ passed: 0, failed: 1, skipped: 0 })
})

test('under CI a missing server is a failure, by name', () => {
  const { counts, notes } = count([file([passed, skipped('needs nginx')])], [], true)
  expect(counts).toEqual({ passed: 1, failed: 1, skipped: 0 })
  expect(notes.join()).toContain('needs nginx')
})

test('under CI only what waits for the full run may be skipped', () => {
  expect(count([file([passed, skipped(FULL_ONLY)])], [], true).counts).toEqual({ passed: 1, failed: 0, skipped: 1 })
  expect(count([file([passed, skipped(undefined)])], [], true).counts.failed).toBe(1)
})
