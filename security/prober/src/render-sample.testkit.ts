import type { ControlVerdict, Finding, Report, Verdict } from '@everyhop/chain'
import { sampleChain } from './sample.testkit.js'

/** Text as it may come over the network or from a manifest: markup of each format, and what none of them can hold. */
export const NASTY = '<b a="1">\'&amp;]]> |`` [x](javascript:1) @everyone \u001B[31m\u0000 \uD800\nnext'

const control = (id: string, place: string, owner: string, verdict: Verdict, more: Partial<ControlVerdict> = {}): ControlVerdict =>
  ({ control: id, place, owner, verdict, reason: `why ${verdict}`, ...more }) as ControlVerdict

export const FINDING: Finding = {
  attack: 'FWD-01',
  title: 'A hop loses the proof',
  control: 'POP-PL-02',
  severity: 'critical',
  outcome: 'breached',
  hop: 'edge',
  layer: 'platform',
  owner: 'edge',
  contact: 'edge@example.com',
  coFaults: [{ hop: 'orders', layer: 'application', owner: 'orders', contact: 'orders@example.com', control: 'POP-AP-01', reason: 'let it in' }],
  evidence: ['the proof was there before the hop and not after it'],
  frameworks: { nhi2025: ['NHI4:2025'], csf2: ['PR.AA-03'] },
  remedy: 'Forward the proof.',
  reproduce: 'everyhop probe --only FWD-01',
  route: '/orders/**',
  at: { file: 'deploy/every hop.yaml', line: 9, column: 3 },
}

/** A chain with a control of each verdict, and findings of two owners. */
export const SAMPLE: Report = {
  schema: 'everyhop.report/1',
  chain: 'orders',
  environment: 'staging',
  manifest: 'digest',
  verdict: 'broken',
  assurance: 'broken',
  startedAt: '2026-01-02T03:04:05.000Z',
  durationMs: 1500,
  requests: 12,
  hops: [
    { hop: 'issuer', kind: 'issuer', layer: 'identity', owner: 'identity', verdict: 'waived' },
    { hop: 'edge', kind: 'nginx', layer: 'platform', owner: 'edge', verdict: 'broken', forward: 'passthrough' },
    { hop: 'mesh', kind: 'nginx', layer: 'platform', owner: 'mesh', verdict: 'unproven', forward: 'passthrough' },
    { hop: 'orders', kind: 'guard', layer: 'application', owner: 'orders', verdict: 'holds' },
  ],
  controls: [
    control('POP-PL-02', 'mesh', 'mesh', 'unproven'),
    control('POP-PL-02', 'edge', 'edge', 'broken'),
    control('POP-AP-04', 'orders', 'orders', 'holds'),
    control('POP-AP-01', 'orders', 'orders', 'broken'),
    control('POP-ID-01', 'client:partner', 'identity', 'waived', { waiver: 'W-7' }),
    control('POP-ID-02', 'issuer', 'identity', 'not-applicable'),
  ],
  findings: [
    FINDING,
    {
      ...FINDING,
      attack: 'TOK-02',
      title: 'Another key is accepted',
      control: 'POP-AP-01',
      severity: 'medium',
      outcome: 'inconclusive',
      hop: ['mesh', 'orders'],
      layer: 'application',
      owner: 'orders',
      contact: 'orders@example.com',
      coFaults: [],
    },
  ],
  attacks: [
    { attack: 'FWD-01', title: 'A hop loses the proof', control: 'POP-PL-02', class: 'P1', outcome: 'breached', reason: 'got in', durationMs: 5 },
    { attack: 'TOK-02', title: 'Another key is accepted', control: 'POP-AP-01', class: 'P1', outcome: 'inconclusive', reason: 'no baseline', durationMs: 5 },
    { attack: 'HDR-01', title: 'Two proofs', control: 'POP-AP-01', class: 'P3', outcome: 'not-run', reason: 'not here', durationMs: 0 },
  ],
  evidence: { witnesses: [], directIngress: [], canary: true },
  permission: { class: 'P1', requestsPerSecond: 1, reason: 'no consent' },
}

export const CHAIN = sampleChain()

/** The sample with nasty text wherever something free stands. */
export const NASTY_SAMPLE: Report = {
  ...SAMPLE,
  chain: NASTY,
  controls: SAMPLE.controls.map((judged) => ({ ...judged, reason: NASTY, owner: `${judged.owner}${NASTY}` })),
  findings: SAMPLE.findings.map((finding) => ({
    ...finding,
    contact: NASTY,
    owner: `${finding.owner}${NASTY}`,
    evidence: [NASTY],
    remedy: NASTY,
    reproduce: NASTY,
    title: NASTY,
  })),
  attacks: SAMPLE.attacks.map((result) => ({ ...result, reason: NASTY })),
}

/** The sample beside an earlier report: one new finding and one that stays; one is fixed, and of one nothing is told. */
export const CHANGED: Report = {
  ...SAMPLE,
  findings: SAMPLE.findings.map((finding, index) => ({ ...finding, change: index === 0 ? 'new' : 'persisting' })),
  baseline: {
    startedAt: '2026-01-01T00:00:00.000Z',
    verdict: 'broken',
    assurance: 'broken',
    new: 1,
    persisting: 1,
    fixed: [{ ...FINDING, attack: 'KEY-01', title: 'A thief uses a key of their own', reason: 'held: it was refused' }],
    untold: [{ ...FINDING, attack: 'HDR-01', title: 'Two proofs', reason: 'not-run: not here' }],
  },
}

/** A report in which every control has one verdict, and nothing was found unless it is broken. */
export const reportOf = (verdict: Verdict): Report => ({
  ...SAMPLE,
  verdict,
  assurance: verdict,
  hops: SAMPLE.hops.map((hop) => ({ ...hop, verdict })),
  controls: SAMPLE.controls.map((judged) => ({ ...judged, verdict })),
  findings: verdict === 'broken' ? [FINDING] : [],
})

export const VERDICTS = ['broken', 'unproven', 'waived', 'holds', 'not-applicable'] as const satisfies readonly Verdict[]

/** The sample with one text wherever a report may hold any, names of hops and teams among them. */
export function withText(text: string): Report {
  const contacts = { owner: text, contact: text }
  return {
    ...SAMPLE,
    chain: text,
    environment: text,
    manifest: text,
    startedAt: text,
    hops: SAMPLE.hops.map((hop) => ({ ...hop, owner: text, kind: text })),
    controls: SAMPLE.controls.map((judged) => ({ ...judged, place: text, owner: text, reason: text, waiver: text })),
    findings: SAMPLE.findings.map((finding) => ({
      ...finding,
      ...contacts,
      title: text,
      hop: text,
      attack: text,
      coFaults: finding.coFaults.map((fault) => ({ ...fault, ...contacts, hop: text, reason: text })),
      evidence: [text],
      frameworks: { [text]: [text] },
      remedy: text,
      reproduce: text,
      route: text,
      waiver: text,
      at: { file: text, line: 1, column: 1 },
    })),
    attacks: SAMPLE.attacks.map((result) => ({ ...result, attack: text, title: text, reason: text })),
    baseline: {
      ...CHANGED.baseline!,
      startedAt: text,
      fixed: CHANGED.baseline!.fixed.map((finding) => ({ ...finding, ...contacts, attack: text, title: text, hop: text, reason: text })),
    },
    observed: [{ route: text, until: text, owner: text, contact: text }],
    evidence: { witnesses: [text], directIngress: [text], canary: false },
    permission: { ...SAMPLE.permission, reason: text },
  }
}
