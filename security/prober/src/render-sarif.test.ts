import { existsSync, readFileSync } from 'node:fs'
import { CONTROLS } from '@everyhop/controls'
import AjvDraft04 from 'ajv-draft-04'
import { describe, expect, test } from 'vitest'
import { CHAIN, CHANGED, FINDING, NASTY_SAMPLE, reportOf, SAMPLE, VERDICTS } from './render-sample.testkit.js'
import { renderSarif } from './render-sarif.js'

const SCHEMA = new URL('../../../../shared/schemas/sarif-schema-2.1.0.json', import.meta.url)

const runOf = (...args: Parameters<typeof renderSarif>) => JSON.parse(renderSarif(...args)).runs[0]
const withFinding = (more: Partial<typeof FINDING>) => ({ ...SAMPLE, findings: [{ ...FINDING, ...more }] })

describe.skipIf(!existsSync(SCHEMA))('valid against the schema of SARIF 2.1.0', () => {
  const formats = {
    uri: (text: string) => URL.canParse(text),
    'uri-reference': (text: string) => URL.canParse(text, 'file:///'),
    'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
  }
  const valid = (text: string) => {
    const validate = new AjvDraft04.default({ strict: false, allErrors: true, formats }).compile(JSON.parse(readFileSync(SCHEMA, 'utf8')))
    return [validate(JSON.parse(text)), validate.errors]
  }
  for (const verdict of VERDICTS)
    test(`a report that is ${verdict}`, () => expect(valid(renderSarif([{ report: reportOf(verdict), chain: CHAIN }]))).toEqual([true, null]))
  test('several chains', () => expect(valid(renderSarif([{ report: SAMPLE, chain: CHAIN }, { report: SAMPLE }]))).toEqual([true, null]))
  test('what changed since an earlier report', () => expect(valid(renderSarif([{ report: CHANGED }]))).toEqual([true, null]))
  test('every control that there is', () => {
    const [judged] = SAMPLE.controls
    const controls = [...CONTROLS.keys()].map((control) => ({ ...judged!, control }))
    expect(valid(renderSarif([{ report: { ...SAMPLE, controls } }]))).toEqual([true, null])
  })
  test('whatever the chain says', () => expect(valid(renderSarif([{ report: NASTY_SAMPLE, chain: CHAIN }]))).toEqual([true, null]))
  test('it does refuse', () => expect(valid('{"version":"2.1.0","runs":[{}]}')[0]).toBe(false))
})

test('a rule for each control with its help, and results that point at theirs', () => {
  const { tool, results } = runOf([{ report: SAMPLE, chain: CHAIN }])
  const { rules } = tool.driver
  expect(rules.map(({ id }: { id: string }) => id)).toEqual(['POP-AP-01', 'POP-AP-04', 'POP-ID-01', 'POP-ID-02', 'POP-PL-02'])
  for (const rule of rules) expect(rule.help.text).toContain(rule.fullDescription.text)
  for (const { ruleId, ruleIndex } of results) expect(rules[ruleIndex].id).toBe(ruleId)
})

test('a result names hop, layer, owner, control and frameworks, and who shares the fault', () => {
  const { results } = runOf([{ report: SAMPLE, chain: CHAIN }])
  const result = results.find(({ ruleId }: { ruleId: string }) => ruleId === 'POP-PL-02')
  expect(result.properties).toMatchObject({
    attack: 'FWD-01',
    hop: 'edge',
    layer: 'platform',
    owner: 'edge',
    control: 'POP-PL-02',
    frameworks: FINDING.frameworks,
  })
  expect(result.relatedLocations[0].physicalLocation.region.startLine).toBe(CHAIN.hops.get('orders')!.at.line)
})

describe('the level', () => {
  for (const [outcome, severity, level] of [
    ['breached', 'critical', 'error'],
    ['breached', 'high', 'error'],
    ['breached', 'medium', 'warning'],
    ['inconclusive', 'critical', 'warning'],
    ['masked', 'critical', 'note'],
  ] as const) {
    test(`${outcome} and ${severity}: ${level}`, () => expect(runOf([{ report: withFinding({ outcome, severity }) }]).results[0].level).toBe(level))
  }
})

describe('the place in the manifest', () => {
  for (const [file, artifactLocation] of [
    ['everyhop.yaml', { uri: 'everyhop.yaml', uriBaseId: '%SRCROOT%' }],
    ['./deploy/every hop.yaml', { uri: 'deploy/every%20hop.yaml', uriBaseId: '%SRCROOT%' }],
    ['deploy\\chain.yaml', { uri: 'deploy/chain.yaml', uriBaseId: '%SRCROOT%' }],
    ['/srv/a#b.yaml', { uri: 'file:///srv/a%23b.yaml' }],
    ['C:\\chains\\a.yaml', { uri: 'file:///C:/chains/a.yaml' }],
  ] as const) {
    test(file, () => {
      const [location] = runOf([{ report: withFinding({ at: { file, line: 9, column: 3 } }) }]).results[0].locations
      expect(location.physicalLocation).toEqual({ artifactLocation, region: { startLine: 9, startColumn: 3 } })
    })
  }
})

test('a fingerprint stays where lines and words change, and differs where the fault does', () => {
  const printOf = (more: Partial<typeof FINDING>) => runOf([{ report: withFinding(more) }]).results[0].partialFingerprints
  expect(printOf({ at: { file: 'other.yaml', line: 1, column: 1 }, evidence: ['else'], title: 'else', remedy: 'else', owner: 'else' })).toEqual(printOf({}))
  const others = [{ attack: 'FWD-02' }, { control: 'POP-PL-03' }, { hop: 'mesh' }, { hop: ['edge', 'mesh'] }, { route: '/x' }] as const
  const prints = [{}, ...others].map((more) => printOf(more).primaryLocationLineHash)
  expect(new Set(prints).size).toBe(prints.length)
})

test('what is unproven or waived is no result, and not silent either', () => {
  for (const [verdict, level] of [
    ['unproven', 'warning'],
    ['waived', 'note'],
  ] as const) {
    const { results, invocations } = runOf([{ report: reportOf(verdict) }])
    expect(results).toEqual([])
    expect(invocations[0].toolExecutionNotifications.map((told: { level: string }) => told.level)).toEqual(Array(6).fill(level))
  }
  expect(runOf([{ report: reportOf('holds') }]).invocations[0].toolExecutionNotifications).toEqual([])
})

test('the order is its own, and no text makes a link', () => {
  const text = renderSarif([{ report: SAMPLE }])
  expect(renderSarif([{ report: { ...SAMPLE, controls: SAMPLE.controls.toReversed(), findings: SAMPLE.findings.toReversed() } }])).toBe(text)
  for (const { message } of runOf([{ report: NASTY_SAMPLE }]).results) expect(message.text).not.toMatch(/\]\(|[^\P{Cc}\n]/u)
})
