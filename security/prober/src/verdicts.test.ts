import { expect, test } from 'vitest'
import type { Chain, Client, Waiver } from '@everyhop/chain'
import { sampleChain, wayOver } from './sample.testkit.js'
import { assuranceOf, judgeControls, judgeHops, outcomeOf, type Evidence } from './verdicts.js'

const NOW = 1_000
const sample = sampleChain({ forward: 'attested' })
const waiver = {
  id: 'W-7',
  control: 'POP-ID-01',
  clients: ['partner'],
  routes: [],
  audiences: [],
  start: NOW - 1,
  end: NOW + 1,
  compensating: {},
} as unknown as Waiver
const partner = { id: 'partner', clientId: 'partner', kind: 'partner', owner: 'orders', binding: [], waiver: 'W-7' } as unknown as Client
const chain: Chain = { ...sample, clients: new Map([['partner', partner]]), waivers: new Map([['W-7', waiver]]) }
const outcomeWith = (...evidence: readonly Evidence[]) => outcomeOf(judgeControls(chain, wayOver(chain, ['edge']), evidence, NOW))

const proof: Evidence = { attack: 'TOK-01', control: 'POP-AP-04', outcome: 'held', reason: 'refused', at: 'orders' }
const compensated: Evidence = { attack: 'CMP-02', control: 'POP-ID-04', outcome: 'held', reason: 'short', at: 'issuer' }

test('a waiver is waived where what compensates for it was attacked and held', () => {
  expect(outcomeWith(proof, compensated)).toBe('waived')
})

test('a waiver whose compensations nobody attacked is unproven', () => {
  expect(outcomeWith(proof)).toBe('unproven')
  expect(outcomeWith(proof, { ...compensated, outcome: 'masked' })).toBe('unproven')
})

test('a held attack counts at the hop that refused, and nowhere where that is unknown', () => {
  const holdsAt = (evidence: Evidence) =>
    judgeControls(sample, wayOver(sample, ['edge']), [evidence], NOW)
      .filter(({ verdict }) => verdict === 'holds')
      .map(({ place }) => place)
  expect(holdsAt(proof)).toEqual(['orders'])
  expect(holdsAt({ ...proof, at: 'edge' })).toEqual(['edge'])
  expect(holdsAt({ ...proof, at: 'issuer' })).toEqual(['issuer'])
  expect(holdsAt({ ...proof, at: 'open' })).toEqual([])
})

test('a refusal that shows nothing leaves its control unproven even where nobody knows who refused', () => {
  expect(outcomeOf(judgeControls(sample, wayOver(sample, ['edge']), [{ ...proof, outcome: 'masked', at: 'open' }], NOW))).toBe('unproven')
})

test('what nobody attacks of a further issuer is unproven at its owner, and no matter of the run', () => {
  const partnerIssuer = { ...sample.issuer, url: 'https://partner.example', owner: 'network' }
  const two: Chain = { ...sample, issuers: new Map([['partner', partnerIssuer]]) }
  const way = wayOver(two, ['edge'])
  const controls = judgeControls(two, way, [proof, { ...proof, control: 'POP-ID-01', at: 'issuer' }], NOW)
  const further = controls.filter(({ place }) => place === 'issuer:partner')
  expect(further.length).toBeGreaterThan(3)
  for (const { verdict, owner, reason } of further) expect([verdict, owner, reason]).toEqual(['unproven', 'network', expect.stringContaining('own issuer')])
  expect(outcomeOf(controls)).toBe('holds')
  expect(assuranceOf(controls)).toBe('unproven')
  expect(judgeHops(two, controls)).toMatchObject([
    { hop: 'issuer', verdict: 'holds' },
    { hop: 'issuer:partner', owner: 'network', verdict: 'unproven' },
    {},
    {},
    {},
  ])
})

test('a waiver counts at the issuer that its client is registered at', () => {
  const two: Chain = { ...chain, issuers: new Map([['partner', sample.issuer]]), clients: new Map([['partner', { ...partner, issuer: 'partner' }]]) }
  const hops = judgeHops(two, judgeControls(two, wayOver(two, ['edge']), [proof, compensated], NOW))
  expect(hops.slice(0, 2)).toMatchObject([
    { hop: 'issuer', verdict: 'holds' },
    { hop: 'issuer:partner', verdict: 'unproven' },
  ])
})
