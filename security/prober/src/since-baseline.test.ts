import type { Finding, Report, Verdict } from '@everyhop/chain'
import { describe, expect, test } from 'vitest'
import { readReports, reportOf as findReport } from './read-reports.js'
import { renderHtml } from './render-html.js'
import { renderJunit } from './render-junit.js'
import { renderMarkdown } from './render-markdown.js'
import { CHAIN, CHANGED, FINDING, SAMPLE } from './render-sample.testkit.js'
import { renderSarif } from './render-sarif.js'
import { renderText } from './render-text.js'
import { sinceBaseline } from './since-baseline.js'

const withFindings = (...findings: readonly Finding[]): Report => ({ ...SAMPLE, findings })
const attackAs = (outcome: Report['attacks'][number]['outcome']): Report['attacks'] => [{ ...SAMPLE.attacks[0]!, outcome }]

describe('a finding is known again', () => {
  for (const [what, changes, change] of [
    ['as it is', {}, 'persisting'],
    ['after words, lines and owners changed', { title: 'else', evidence: ['else'], owner: 'else', at: { file: 'x', line: 1, column: 1 } }, 'persisting'],
    ['where the interval got narrower', { hop: ['client', 'edge'] }, 'persisting'],
    ['not at another hop', { hop: 'mesh' }, 'new'],
    ['not by another attack', { attack: 'FWD-02' }, 'new'],
    ['not for another control', { control: 'POP-AP-01' }, 'new'],
    ['not on another route', { route: '/x' }, 'new'],
  ] satisfies readonly (readonly [string, Partial<Finding>, Finding['change']])[]) {
    test(what, () => {
      const { findings, baseline } = sinceBaseline(SAMPLE, withFindings({ ...FINDING, ...changes }))
      expect(findings[0]?.change).toBe(change)
      expect([baseline?.new, baseline?.persisting]).toEqual(change === 'new' ? [2, 0] : [1, 1])
    })
  }
})

describe('a finding that is gone', () => {
  for (const [what, attacks, place, reason] of [
    ['is fixed where its attack held', attackAs('held'), 'fixed', 'held: got in'],
    ['is not where it got in elsewhere', attackAs('breached'), 'untold', 'it still gets in, elsewhere'],
    ['nor where nothing can be told', attackAs('inconclusive'), 'untold', 'inconclusive: got in'],
    ['nor where it was not run', attackAs('not-run'), 'untold', 'not-run: got in'],
    ['nor where it was not chosen', [], 'untold', 'this run did not try it'],
  ] as const) {
    test(what, () => {
      const { baseline } = sinceBaseline({ ...SAMPLE, findings: [], attacks }, withFindings(FINDING))
      const { fixed = [], untold = [] } = baseline ?? {}
      expect({ fixed, untold }).toMatchObject({ fixed: [], untold: [], [place]: [{ attack: 'FWD-01', reason }] })
    })
  }
})

describe('the verdict is of what got worse', () => {
  const judged = (verdict: Verdict, reason = 'why'): Report => ({ ...SAMPLE, findings: [], controls: [{ ...SAMPLE.controls[0]!, verdict, reason }] })
  for (const [before, now, verdict] of [
    ['broken', 'broken', 'holds'],
    ['broken', 'unproven', 'holds'],
    ['unproven', 'broken', 'broken'],
    ['holds', 'unproven', 'unproven'],
    ['holds', 'waived', 'waived'],
    ['waived', 'unproven', 'unproven'],
    ['not-applicable', 'unproven', 'unproven'],
    ['waived', 'holds', 'holds'],
  ] satisfies readonly (readonly [Verdict, Verdict, Verdict])[]) {
    test(`${before}, then ${now}: ${verdict}`, () => expect(sinceBaseline(judged(now), judged(before)).baseline?.verdict).toBe(verdict))
  }

  test('a place that is new counts as one that held', () => {
    expect(sinceBaseline(judged('unproven'), { ...judged('holds'), controls: [] }).baseline?.verdict).toBe('unproven')
  })
  test('what no attack reached is the matter of the assurance', () => {
    const { baseline } = sinceBaseline(judged('unproven', 'no attack of this run reached it'), judged('holds'))
    expect(baseline).toMatchObject({ verdict: 'holds', assurance: 'unproven' })
  })
  test('a new finding counts also where its control was broken before', () => {
    expect(sinceBaseline(SAMPLE, withFindings(SAMPLE.findings[1]!)).baseline?.verdict).toBe('broken')
    expect(sinceBaseline(SAMPLE, withFindings(FINDING)).baseline?.verdict).toBe('unproven')
    expect(sinceBaseline(SAMPLE, SAMPLE).baseline?.verdict).toBe('holds')
  })
})

describe('every form tells what changed', () => {
  const reports = [{ report: CHANGED, chain: CHAIN }]
  const counts = '1 new, 1 persisting, 1 fixed, 1 of which this run tells nothing'
  const textOf = (page: string) => page.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ')

  for (const [form, text] of Object.entries({
    text: renderText(CHANGED, { colour: false, chain: CHAIN }).replace(/ +/g, ' '),
    html: textOf(renderHtml(reports)),
    markdown: renderMarkdown(reports).replaceAll('\\', ''),
  })) {
    test(form, () => {
      expect(text).toContain(counts)
      expect(text).toMatch(/FWD-01:? A hop loses the proof \(new\)/)
      expect(text).toMatch(/TOK-02:? Another key is accepted \(persisting\)/)
      expect(text).toMatch(/fixed ?:? KEY-01 A thief uses a key of their own, POP-PL-02 at edge/)
      expect(text).toMatch(/not told ?:? HDR-01 Two proofs/)
    })
  }
  test('junit', () => {
    const text = renderJunit(reports)
    expect(text).toContain(`value="Since 2026-01-01T00:00:00.000Z: ${counts}"`)
    expect(text).toContain('FWD-01 A hop loses the proof (new)')
  })
  test('sarif: a state for each result, and no result of what is fixed', () => {
    const [run] = JSON.parse(renderSarif(reports)).runs
    expect(run.results.map(({ ruleId, baselineState }: Record<string, string>) => [ruleId, baselineState])).toEqual([
      ['POP-AP-01', 'unchanged'],
      ['POP-PL-02', 'new'],
    ])
    expect(run.properties.baseline.fixed).toHaveLength(1)
  })
})

describe('the earlier report', () => {
  const read = (value: unknown) => readReports('old.json', typeof value === 'string' ? value : JSON.stringify(value))
  test('one, or a list', () => {
    expect(read(SAMPLE)).toHaveLength(1)
    const named = { chain: 'orders', environment: 'staging', file: 'old.json' }
    expect(findReport(read([SAMPLE, { ...SAMPLE, environment: 'production' }]), named).environment).toBe('staging')
    expect(() => findReport(read([SAMPLE, SAMPLE]), named)).toThrow('more than one')
    expect(() => findReport(read(SAMPLE), { ...named, environment: 'production' })).toThrow('no report of orders in production, but of orders in staging')
  })

  for (const [what, value] of [
    ['no JSON', '<html>'],
    ['an empty list', []],
    ['another form', { ...SAMPLE, schema: 'everyhop.report/2' }],
    ['a verdict that is none', { ...SAMPLE, controls: [{ ...SAMPLE.controls[0], verdict: 'fine' }] }],
    ['a finding without a hop', { ...SAMPLE, findings: [{ ...FINDING, hop: undefined }] }],
    ['a list of attacks that is none', { ...SAMPLE, attacks: {} }],
  ] as const) {
    test(`${what} is refused, with the file's name`, () => expect(() => read(value)).toThrow(/^old\.json: .*--format json/))
  }
})
