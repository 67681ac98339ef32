import { expect, test } from 'vitest'
import { CONTROLS } from './controls.js'
import { drawChain } from './draw-chain.js'
import { controlsFor, frameworkIds } from './frameworks.js'
import { segmentsOf } from './paths.js'
import { CHAIN } from './sample.fixture.js'
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

test('there are 35 controls, 27 of them core, each with a remedy, and those that cannot be waived allow no days', () => {
  const all = [...CONTROLS.values()]
  expect([all.length, all.filter(({ tier }) => tier === 'core').length]).toEqual([35, 27])
  for (const { remedy, waiver, frameworks } of all) {
    expect(remedy.endsWith('.') && waiver.allowed === waiver.maxDays > 0).toBe(true)
    expect(Object.values(frameworks).every((ids) => ids.length > 0)).toBe(true)
  }
})

test('spellings of framework ids: NHI-03 is NHI3:2025, PR.AC-4 is PR.AA-05 and PR.AA-04', () => {
  expect(['NHI-03', 'nhi3', 'NHI3:2025', 'NHI-10'].map((id) => frameworkIds(id)[0])).toEqual(['NHI3:2025', 'NHI3:2025', 'NHI3:2025', 'NHI10:2025'])
  expect(frameworkIds('PR.AC-4')).toEqual(['PR.AA-05', 'PR.AA-04'])
  expect(controlsFor('NHI-03').map(({ id }) => id)).toEqual(controlsFor('NHI3:2025').map(({ id }) => id))
  expect(controlsFor('PR.AC-4').map(({ id }) => id)).toContain('POP-ID-06')
  expect(controlsFor('NHI-11')).toEqual([])
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

test('the drawing names hops, modes, owners and verdicts, and lets no control character through', () => {
  const teams = new Map(CHAIN.teams).set('edge', { id: 'edge', layer: 'platform', contact: '\u001B[31mred', at: CHAIN.issuer.at })
  const text = drawChain({ ...CHAIN, teams }, new Map([['edge', 'broken']]))
  expect(text).toMatch(/client.*─proof─▶.*edge.*─attested─▶.*orders/)
  expect(text).toContain('✗ BROKEN')
  expect(text).not.toContain('\u001B')
  expect(drawChain(CHAIN, new Map([['edge', 'holds']]), { colour: true })).toContain('\u001B[32m')
})
