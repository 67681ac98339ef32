import { expect, test } from 'vitest'
import { CONTROLS } from './controls.js'
import { drawChain } from './draw-chain.js'
import { controlsFor, frameworkIds } from './frameworks.js'
import { CHAIN } from './sample.fixture.js'

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

test('the drawing names hops, modes, owners and verdicts, and lets no control character through', () => {
  const teams = new Map(CHAIN.teams).set('edge', { id: 'edge', layer: 'platform', contact: '\u001B[31mred', at: CHAIN.issuer.at })
  const text = drawChain({ ...CHAIN, teams }, new Map([['edge', 'broken']]))
  expect(text).toMatch(/client.*─proof─▶.*edge.*─attested─▶.*orders/)
  expect(text).toContain('✗ BROKEN')
  expect(text).not.toContain('\u001B')
  expect(drawChain(CHAIN, new Map([['edge', 'holds']]), { colour: true })).toContain('\u001B[32m')
})
