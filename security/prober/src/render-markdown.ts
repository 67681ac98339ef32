import type { Finding, Report, Verdict } from '@everyhop/chain'
import { code, words } from './markdown.js'
import { REVOCATION_HEAD, revocationRows } from './render-revocation.js'
import { goneLines, sayBaseline } from './render-baseline.js'
import { inOrder, sayHop, type Reported } from './render-place.js'

/** A comment on GitHub ends at 65,536 characters; the limits below keep any chain that we know of under it. */
const MAX_FAULTS_OF_OWNER = 10
const MAX_EVIDENCE = 3
const MAX_GONE = 20

/** For a comment on a change: the verdict, a table by hop and owner, and each team's findings with what to do. */
export function renderMarkdown(reports: readonly Reported[]): string {
  return `${reports.map(({ report }) => renderReport(report)).join('\n\n---\n\n')}\n`
}

const MARKS: Readonly<Record<Verdict, string>> = { broken: '❌', unproven: '❔', waived: '⚠️', holds: '✅', 'not-applicable': '➖' }
const sayVerdict = (verdict: Verdict): string => `${MARKS[verdict]} ${verdict}`

function renderReport(report: Report): string {
  const { chain, environment, verdict, assurance, requests, durationMs, permission } = report
  const owners = [...new Set(report.findings.map(({ owner }) => owner))].sort(inOrder)
  return [
    `### ${words(chain)} (${words(environment)}): ${sayVerdict(verdict)}`,
    `Assurance of the chain: ${sayVerdict(assurance)}. ${requests} requests in ${(durationMs / 1000).toFixed(1)} s; class ${permission.class}: ${words(permission.reason)}.`,
    renderHops(report),
    ...renderBaseline(report),
    ...owners.map((owner) => renderOwner(owner, report.findings)),
    ...renderOpen(report),
    ...renderRevocation(report),
  ].join('\n\n')
}

function renderHops({ hops, findings }: Report): string {
  const countAt = (id: string): number => findings.filter(({ hop }) => (typeof hop === 'string' ? hop === id : hop.includes(id))).length
  const rows = hops.map(({ hop, layer, owner, verdict }) => `| ${words(hop)} | ${words(owner)} | ${layer} | ${sayVerdict(verdict)} | ${countAt(hop)} |`)
  return ['| hop | owner | layer | verdict | findings |', '|---|---|---|---|---:|', ...rows].join('\n')
}

function renderBaseline({ baseline }: Report): readonly string[] {
  if (baseline === undefined) return []
  const gone = goneLines(baseline)
  const shown = gone.slice(0, MAX_GONE).map(({ is, text }) => `- ${is}: ${words(text)}`)
  return [
    [
      `${words(sayBaseline(baseline))}.`,
      ...(shown.length > 0 ? ['', ...shown] : []),
      ...(gone.length > MAX_GONE ? [`- and ${gone.length - MAX_GONE} more`] : []),
    ].join('\n'),
  ]
}

function renderOwner(owner: string, all: readonly Finding[]): string {
  const findings = all.filter((finding) => finding.owner === owner)
  const [{ layer, contact }] = findings as [Finding]
  const faults = [...groupByFault(findings).values()]
  const shown = faults.slice(0, MAX_FAULTS_OF_OWNER).map(renderFault)
  const more = faults.length > shown.length ? [`- and ${faults.length - shown.length} more: see the whole report`] : []
  return [`#### ${words(owner)} (${layer}, ${code(contact)})`, '', ...shown, ...more].join('\n')
}

/** Attacks that showed the same fault stand together: it is mended once. */
function groupByFault(findings: readonly Finding[]): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) {
    const fault = JSON.stringify([finding.hop, finding.control, finding.outcome])
    groups.set(fault, [...(groups.get(fault) ?? []), finding])
  }
  return groups
}

function renderFault(group: readonly Finding[]): string {
  const [{ control, severity, outcome, evidence, coFaults, remedy, reproduce, waiver }] = group as [Finding]
  const shared = [...new Set(coFaults.map(({ hop, owner }) => `${words(hop)} (${words(owner)})`))]
  return [
    `- **${words(sayHop(group[0]!))}**: ${control}, ${severity}, ${outcome}${waiver === undefined ? '' : `, waiver ${words(waiver)}`}`,
    ...group.map(({ attack, title, change }) => `  - ${attack}: ${words(title)}${change === undefined ? '' : ` (${change})`}`),
    ...evidence.slice(0, MAX_EVIDENCE).map((line) => `  - seen: ${code(line)}`),
    ...(shared.length === 0 ? [] : [`  - should have refused it too: ${shared.join(', ')}`]),
    `  - **do:** ${words(remedy)}`,
    `  - again: ${code(reproduce)}`,
  ].join('\n')
}

function renderRevocation(report: Report): readonly string[] {
  const rows = revocationRows(report)
  if (rows.length === 0) return []
  const lines = rows.map(({ by, at, figures, bars, note }) =>
    [by, at, ...(figures.length === 0 ? ['', '', '', '', ''] : figures), bars || note].map((cell) => words(cell)),
  )
  const table = [[...REVOCATION_HEAD], REVOCATION_HEAD.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`)
  return [['From the acknowledgement of a revocation to the first steady refusal:', '', ...table].join('\n')]
}

/** What nobody may take for a pass, counted for each team: the reasons are in the whole report. */
function renderOpen({ controls }: Report): readonly string[] {
  const open = controls.filter(({ verdict }) => verdict === 'unproven' || verdict === 'waived')
  if (open.length === 0) return []
  const owners = [...new Set(open.map(({ owner }) => owner))].sort(inOrder)
  const count = (owner: string, of: Verdict): number => open.filter(({ owner: team, verdict }) => team === owner && verdict === of).length
  const rows = owners.map((owner) => `| ${words(owner)} | ${count(owner, 'unproven')} | ${count(owner, 'waived')} |`)
  return [['Controls that do not count as holding:', '', '| owner | unproven | waived |', '|---|---:|---:|', ...rows].join('\n')]
}
