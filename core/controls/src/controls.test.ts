import { expect, test } from 'vitest'
import { CONTROLS } from './controls.js'
import { observationsOf, sayObservation } from './observation.js'
import { drawChain } from './draw-chain.js'
import { controlsFor, frameworkIds } from './frameworks.js'
import { ownerOf } from './responsibilities.js'
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

test('an observed route is observed until its end, by the team of its application, and the drawing says so', () => {
  const chain = { ...CHAIN, routes: CHAIN.routes.map((route) => ({ ...route, observeUntil: 1_000_000 })) }
  const [last] = observationsOf(chain, 999_999)
  expect(last).toMatchObject({ route: '/orders/**', owner: { id: 'orders' }, isInForce: true })
  expect(last && sayObservation(last)).toContain('observed until 1970-01-12T13:46:40Z by orders (orders@example.com)')
  const [first] = observationsOf(chain, 1_000_000)
  expect(first && sayObservation(first)).toMatch(/enforces again$/)
  expect(observationsOf(CHAIN, 0)).toEqual([])
  expect(drawChain(chain)).toContain('observed until 1970-01-12')
})

test('each further issuer is drawn, and is a place with an owner of its own', () => {
  const partner = { ...CHAIN.issuer, url: 'https://partner.example', owner: 'red' }
  const chain = { ...CHAIN, issuers: new Map([['partner', partner]]) }
  expect(drawChain(chain)).toMatch(/issuer https:\/\/id\.example\.com {2}\(identity.*\n.*issuer https:\/\/partner\.example {2}\(red/)
  expect(ownerOf(chain, 'POP-ID-01', 'issuer').id).toBe('identity')
  expect(ownerOf(chain, 'POP-ID-01', 'issuer:partner').id).toBe('red')
  expect(ownerOf(chain, 'POP-AP-01', 'issuer:partner').id).toBe('red')
})
