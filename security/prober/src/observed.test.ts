import type { Chain, Report } from '@everyhop/chain'
import { afterEach, expect, test } from 'vitest'
import { startChain, type Parts } from './chain.testkit.js'
import { probe, renderText } from './index.js'
import { asObserved, observationOf, type Shown } from './observed.js'
import { sampleChain, wayOver } from './sample.testkit.js'

const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

const NOW = Math.floor(Date.now() / 1_000)
const observing = (chain: Chain, observeUntil: number): Chain => ({ ...chain, routes: chain.routes.map((route) => ({ ...route, observeUntil })) })
const OPEN: Parts = { edge: () => undefined, application: () => undefined }

/** An edge and an application that let everything in, with the one route observed until then. */
async function run(parts: Parts, until: number, only: readonly string[]): Promise<Report> {
  const { chain, runner } = await startChain(closers, parts)
  return probe({ chain: observing(chain, until), runner, only })
}

const verdictsAt = ({ controls }: Report, place: string): ReadonlySet<string> =>
  new Set(controls.filter((one) => one.place === place && !one.reason.startsWith('no attack')).map(({ verdict }) => verdict))

test('what gets in on an observed route is unproven, and the report names the end and the owner', async () => {
  const report = await run(OPEN, NOW + 86_400, ['TOK-01', 'KEY-01', 'RPL-01'])
  expect(report.verdict).toBe('unproven')
  expect(report.attacks.map(({ outcome }) => outcome)).toEqual(['inconclusive', 'inconclusive', 'inconclusive'])
  expect(report.findings.map(({ outcome, coFaults }) => [outcome, coFaults])).toEqual(report.findings.map(() => ['inconclusive', []]))
  expect(report.findings[0]?.evidence[0]).toMatch(/^\/orders\/\*\* is observed until 20.*Z by orders \(orders@example\.com\): /)
  expect(report.findings[0]?.remedy).toContain('observe')
  expect(report.observed).toMatchObject([{ route: '/orders/**', owner: 'orders', contact: 'orders@example.com' }])
  expect(renderText(report)).toMatch(/observed until .* by orders \(orders@example\.com\): until then nothing is proven of the application/)
})

test('once the end has passed the same is broken, and nothing is said of it', async () => {
  const report = await run(OPEN, NOW - 1, ['TOK-01', 'KEY-01', 'RPL-01'])
  expect(report.verdict).toBe('broken')
  expect(report.attacks.map(({ outcome }) => outcome)).toEqual(['breached', 'breached', 'breached'])
  expect(report.observed).toBeUndefined()
})

test('what is refused on an observed route is no merit either', async () => {
  const refusing: Parts = { ...OPEN, application: ({ headers }) => (headers['dpop'] === undefined ? 401 : undefined) }
  const observed = await run(refusing, NOW + 86_400, ['TOK-01'])
  expect([observed.verdict, observed.attacks[0]?.outcome]).toEqual(['unproven', 'inconclusive'])
  const enforced = await run(refusing, NOW - 1, ['TOK-01'])
  expect([enforced.verdict, enforced.attacks[0]?.outcome]).toEqual(['holds', 'held'])
})

test('a proof that the edge loses is lost, whoever observes; the application is not blamed for letting it in', async () => {
  const report = await run({ ...OPEN, drops: ['dpop'] }, NOW + 86_400, ['RPL-01'])
  expect(report.verdict).toBe('broken')
  expect(report.findings).toMatchObject([{ hop: 'edge', control: 'POP-PL-02', owner: 'edge', outcome: 'breached', coFaults: [] }])
  expect(verdictsAt(report, 'orders')).not.toContain('broken')
})

test('an edge that attests what it should have refused is broken, whoever observes behind it', async () => {
  const report = await run({ ...OPEN, hop: { forward: 'attested' } }, NOW + 86_400, ['KEY-01'])
  expect(report.findings).toMatchObject([{ hop: 'edge', control: 'POP-PL-05', outcome: 'breached', coFaults: [] }])
  expect(verdictsAt(report, 'orders')).not.toContain('broken')
})

test('who came around the hops was let in because the application observes', async () => {
  const report = await run({ ...OPEN, isReachable: true, hop: { forward: 'attested' } }, NOW + 86_400, ['DIR-01'])
  expect(report.findings).toMatchObject([{ attack: 'DIR-01', hop: 'orders', outcome: 'inconclusive', coFaults: [] }])
  expect(report.controls.filter(({ verdict }) => verdict === 'broken')).toEqual([])
})

test('what the issuer did, and what it refused, is its own', () => {
  const chain = observing(sampleChain(), NOW + 1)
  const observation = observationOf(chain, wayOver(chain, ['edge']), NOW)
  const held: Shown = { attack: 'ISS-01', control: 'POP-ID-01', outcome: 'held', reason: 'refused', at: 'issuer' }
  expect(observation && asObserved(held, {}, 'orders', observation)).toBe(held)
  const atHop: Shown = { ...held, control: 'POP-AP-01', at: 'orders' }
  expect(observation && asObserved(atHop, {}, 'orders', observation)).toMatchObject({ outcome: 'inconclusive' })
  const atEdge: Shown = { ...held, control: 'POP-AP-01', at: 'edge' }
  expect(observation && asObserved(atEdge, {}, 'orders', observation)).toBe(atEdge)
  const nobody: Shown = { attack: 'DIR-01', control: 'POP-PL-04', outcome: 'held', reason: 'no connection could be made' }
  expect(observation && asObserved(nobody, {}, 'orders', observation)).toBe(nobody)
})
