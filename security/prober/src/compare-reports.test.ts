import type { AttackResult, Report, Verdict } from '@everyhop/chain'
import { describe, expect, test } from 'vitest'
import { compareReports } from './compare-reports.js'
import { renderComparison, renderComparisonMarkdown } from './render-comparison.js'
import { NASTY, SAMPLE } from './render-sample.testkit.js'

const [base] = SAMPLE.controls
const judged = (place: string, verdict: Verdict, reason = 'why') => ({ ...base!, place, verdict, reason })
const tried = (attack: string, outcome: AttackResult['outcome'], reason = 'so') => ({ ...SAMPLE.attacks[0]!, attack, outcome, reason })
const staging: Report = {
  ...SAMPLE,
  verdict: 'holds',
  controls: [judged('edge', 'holds'), judged('mesh', 'unproven'), judged('orders', 'holds'), judged('same', 'broken'), judged('gone', 'holds')],
  attacks: [tried('KEY-01', 'held'), tried('HDR-01', 'breached'), tried('HDR-02', 'masked'), tried('WLD-01', 'not-applicable', 'no workload')],
}
const production: Report = {
  ...SAMPLE,
  environment: 'production',
  verdict: 'broken',
  controls: [judged('edge', 'broken', 'RPL-01: got in'), judged('mesh', 'holds'), judged('orders', 'holds'), judged('same', 'broken'), judged('new', 'waived')],
  attacks: [tried('KEY-01', 'held'), tried('HDR-01', 'not-run', 'only P1 may run'), tried('WLD-01', 'not-applicable', 'no workload')],
  permission: { ...SAMPLE.permission, class: 'P1' },
}

test('what holds in one and not in the other', () => {
  const { controls } = compareReports(staging, production)
  expect(controls.map(({ place, verdicts }) => [place, ...verdicts])).toEqual([
    ['edge', 'holds', 'broken'],
    ['gone', 'holds', 'absent'],
    ['mesh', 'unproven', 'holds'],
    ['new', 'absent', 'waived'],
  ])
})

test('what was tried in one only, or in neither, and why', () => {
  const { untried } = compareReports(staging, production)
  expect(untried.map((one) => [one.attack, one.in, one.reasons])).toEqual([
    ['HDR-01', ['production'], ['only P1 may run']],
    ['HDR-02', ['production'], ['the run did not choose it']],
    ['WLD-01', ['staging', 'production'], ['no workload', 'no workload']],
  ])
})

test('as text', () => {
  expect(renderComparison(compareReports(staging, production))).toBe(`orders: staging beside production

             staging  production
  outcome    holds    broken
  assurance  broken   broken
  class      P1       P1

Holds in staging, and not in production:
  POP-PL-02  edge  mesh  broken: RPL-01: got in
  POP-PL-02  gone  mesh  absent: nothing is said of it there

Holds in production, and not in staging:
  POP-PL-02  mesh  mesh  unproven: why

Holds in neither, and differs:
  POP-PL-02  new  mesh  absent in staging, waived in production

Never tried in staging: 1 attack
  no workload: WLD-01

Never tried in production: 3 attacks
  only P1 may run: HDR-01
  the run did not choose it: HDR-02
  no workload: WLD-01
`)
})

test('two environments that are alike differ in nothing', () => {
  const same = compareReports(staging, { ...staging, environment: 'production' })
  expect(same).toMatchObject({ controls: [], untried: [{ attack: 'WLD-01' }] })
  expect(renderComparison(same)).toContain('not in production:\n  nothing')
})

describe('text stays text', () => {
  const nasty = compareReports(staging, { ...production, controls: [judged('edge', 'broken', NASTY)], environment: NASTY })
  test('on a terminal', () => expect(renderComparison(nasty)).not.toMatch(/[^\P{Cc}\n]/u))
  test('in Markdown', () => {
    const outside = renderComparisonMarkdown(nasty).replace(/(?<![\\`])(`+)(?!`).*?(?<!`)\1(?!`)/g, '')
    expect(outside).not.toMatch(/(?<!\\)[<\]`&]|@(?!\u200B)|[^\P{Cc}\n]/u)
  })
})

test('reports of two chains or of one environment are not compared', () => {
  expect(() => compareReports(staging, { ...production, chain: 'else' })).toThrow('two chains')
  expect(() => compareReports(staging, staging)).toThrow('--baseline')
})
