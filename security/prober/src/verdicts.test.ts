import { expect, test } from 'vitest'
import type { Chain, Client, Waiver } from '@everyhop/chain'
import { sampleChain, wayOver } from './sample.testkit.js'
import { judgeControls, outcomeOf, type Evidence } from './verdicts.js'

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
