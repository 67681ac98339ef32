import { expect, test } from 'vitest'
import { segmentsOf } from './paths.js'
import { exitStatus, worst } from './verdict.js'

test('verdicts: the worst wins, and nothing applicable is not a pass', () => {
  expect(worst(['holds', 'waived', 'unproven', 'broken'])).toBe('broken')
  expect(worst(['holds', 'waived', 'unproven'])).toBe('unproven')
  expect(worst(['holds', 'waived'])).toBe('waived')
  expect(worst(['holds', 'not-applicable'])).toBe('holds')
  expect([worst([]), worst(['not-applicable'])]).toEqual(['not-applicable', 'not-applicable'])
})

test('exit status: waived passes only when accepted, nothing applicable never', () => {
  const status = (accept: boolean) =>
    (['holds', 'broken', 'unproven', 'waived', 'not-applicable'] as const).map((verdict) => exitStatus(verdict, { acceptWaived: accept }))
  expect(status(false)).toEqual([0, 1, 2, 4, 2])
  expect(status(true)).toEqual([0, 1, 2, 0, 2])
})

test('segments: rebinding starts a new one, checking alone ends the last', () => {
  const hops = new Map([
    ['a', { forward: 'attested' as const }],
    ['b', { forward: 'rebound' as const }],
    ['c', { forward: 'gateway-only' as const }],
    ['d', {}],
  ])
  expect(segmentsOf(hops, ['a', 'b', 'd'])).toEqual([['a', 'b'], ['d']])
  expect(segmentsOf(hops, ['a', 'c', 'd'])).toEqual([['a', 'c']])
})
