import type { Chain, Finding, HopVerdict, Report, Verdict } from '@everyhop/chain'
import { drawChain } from '@everyhop/controls'
import { REVOCATION_HEAD, revocationRows } from './render-revocation.js'
import { goneLines, sayBaseline } from './render-baseline.js'

export type RenderOptions = {
  readonly colour: boolean
  /** Draws the whole chain; without it the hops are listed as the report has them. */
  readonly chain?: Chain
}

const COLOURS: Readonly<Record<Verdict, number>> = { broken: 31, unproven: 33, waived: 35, holds: 32, 'not-applicable': 2 }

/** The report for people: the drawn chain, findings by owner, what was tried, and one line to forward. */
export function renderText(report: Report, { colour, chain }: RenderOptions = { colour: false }): string {
  const paint = (text: string, code: number): string => (colour ? `\u001B[${code}m${text}\u001B[0m` : text)
  const verdict = (value: Verdict): string => paint(value, COLOURS[value])
  const drawn =
    chain === undefined ? listHops(report.hops, verdict) : drawChain(chain, new Map(report.hops.map(({ hop, verdict: at }) => [hop, at])), { colour })
  const lines = [
    `${paint(report.chain, 1)} (${report.environment})`,
    '',
    drawn,
    '',
    ...ownersOf(report.findings).flatMap((owner) => [...renderOwner(owner, report.findings, paint), '']),
    ...renderCounts(report),
    ...renderUnheld(report),
    ...renderBaseline(report),
    ...renderRevocation(report),
    ...(report.observed ?? []).map(
      ({ route, until, owner, contact }) =>
        `  ${paint(`${route} is observed until ${until} by ${owner} (${contact}): until then nothing is proven of the application`, 33)}`,
    ),
    '',
    `evidence: ${sharpnessOf(report.evidence)}`,
    `outcome ${verdict(report.verdict)}, assurance ${verdict(report.assurance)}; ${report.requests} requests in ${(report.durationMs / 1000).toFixed(1)} s${report.seed === undefined ? '' : `, seed ${report.seed}`}; class ${report.permission.class}: ${report.permission.reason}`,
    summaryLine(report),
    '',
  ]
  return plain(lines.join('\n'), colour)
}

/** What came over the network must not steer a terminal: of all control characters, only line ends and our own colours stay. */
function plain(text: string, colour: boolean): string {
  const parts = colour ? text.split(/(\u001B\[\d{1,2}m)/) : [text]
  return parts.map((part, index) => (index % 2 === 1 ? part : part.replace(/[^\P{Cc}\n]/gu, '?'))).join('')
}

function listHops(hops: readonly HopVerdict[], verdict: (value: Verdict) => string): string {
  const width = Math.max(...hops.map(({ hop }) => hop.length))
  return hops.map(({ hop, layer, owner, verdict: at }) => `  ${hop.padEnd(width)}  ${verdict(at)}  (${layer}, ${owner})`).join('\n')
}

/** What the run could see, and so how sharply it can name a hop. */
function sharpnessOf({ canary, witnesses, directIngress }: Report['evidence']): string {
  const told = canary ? "acceptance told by the canary's marker" : 'acceptance told by what answers look like (no canary of ours)'
  const seen = witnesses.length > 0 ? `witnesses at ${witnesses.join(', ')}` : 'no witness: a hop is named by its answers alone'
  const reached = directIngress.length > 0 ? `, direct entries to ${directIngress.join(', ')}` : ''
  return `${told}; ${seen}${reached}`
}

const ownersOf = (findings: readonly Finding[]): readonly string[] => [...new Set(findings.map(({ owner }) => owner))]

type Paint = (text: string, code: number) => string

/** One block a team: what is theirs, in the words of the finding, with what to do. Findings of one fault stand together. */
function renderOwner(owner: string, all: readonly Finding[], paint: Paint): readonly string[] {
  const findings = all.filter((finding) => finding.owner === owner)
  const [{ contact, layer }] = findings as [Finding]
  const groups = groupBy(findings, faultOf)
  return [
    `${paint(owner, 1)} (${layer}, ${contact}): ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}`,
    ...[...groups.values()].flatMap((group) => renderGroup(group, paint)),
  ]
}

const faultOf = ({ hop, control, outcome }: Finding): string => JSON.stringify([hop, control, outcome])

function groupBy(findings: readonly Finding[], key: (finding: Finding) => string): Map<string, Finding[]> {
  const groups = new Map<string, Finding[]>()
  for (const finding of findings) groups.set(key(finding), [...(groups.get(key(finding)) ?? []), finding])
  return groups
}

function renderGroup(group: readonly Finding[], paint: Paint): readonly string[] {
  const [{ hop, control, severity, outcome, remedy, evidence, coFaults, frameworks, waiver }] = group as [Finding]
  const where = typeof hop === 'string' ? hop : `between ${hop[0]} and ${hop[1]}`
  const mark = outcome === 'breached' ? paint('✗', 31) : paint('?', 33)
  const shared = new Map(coFaults.map((fault) => [`${fault.hop} ${fault.owner}`, fault]))
  return [
    '',
    `  ${mark} ${paint(where, 1)}  ${control}  ${severity}${waiver === undefined ? '' : `  waiver ${waiver}`}`,
    ...group.map(({ attack, title, change }) => `      ${attack.padEnd(8)} ${title}${change === undefined ? '' : ` (${change})`}`),
    ...evidence.slice(0, 3).map((line) => `      seen     ${line}`),
    ...[...shared.values()].map(({ hop: at, owner, layer, contact }) => `      also     ${at}, ${owner} (${layer}, ${contact})`),
    `      do       ${remedy}`,
    `      maps to  ${mapped(frameworks)}`,
    `      again    ${group[0]!.reproduce}`,
  ]
}

/** The frameworks that the reports speak of first; the rest is in the JSON. */
const mapped = (frameworks: Finding['frameworks']): string =>
  (['nhi2025', 'csf2', 'airmf'] as const).flatMap((framework) => frameworks[framework] ?? []).join(', ')

function renderCounts({ attacks }: Report): readonly string[] {
  const outcomes = ['breached', 'held', 'masked', 'inconclusive', 'not-applicable', 'not-run'] as const
  const counts = outcomes.map((outcome) => [outcome, attacks.filter((attack) => attack.outcome === outcome).length] as const)
  return [
    `${attacks.length} attacks: ${counts
      .filter(([, count]) => count > 0)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', ')}`,
  ]
}

/** What was neither held nor breached is told with its reason, so that nobody takes it for a pass. */
function renderUnheld({ attacks }: Report): readonly string[] {
  const open = attacks.filter(({ outcome }) => outcome === 'masked' || outcome === 'inconclusive')
  return open.map(({ attack, outcome, reason }) => `  ${attack.padEnd(8)} ${outcome}: ${reason}`)
}

function renderBaseline({ baseline }: Report): readonly string[] {
  if (baseline === undefined) return []
  return [sayBaseline(baseline), ...goneLines(baseline).map(({ is, text }) => `  ${is.padEnd(8)} ${text}`)]
}

function renderRevocation(report: Report): readonly string[] {
  const rows = revocationRows(report)
  if (rows.length === 0) return []
  const table = [[...REVOCATION_HEAD], ...rows.map(({ by, at, figures, bars, note }) => (figures.length === 0 ? [by, note] : [by, at, ...figures, bars, note]))]
  // A row that is a reason widens no column.
  const widths = REVOCATION_HEAD.map((_, column) => Math.max(...table.filter((row) => row.length > 2).map((row) => (row[column] ?? '').length)))
  const lines = table.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
  return ['From the acknowledgement of a revocation to the first steady refusal:', ...lines]
}

/** One line that can be sent to someone who reads no more than that. */
export function summaryLine({ chain, environment, verdict, findings }: Report): string {
  const faults = new Map<string, Set<string>>()
  for (const { hop, layer, owner, contact, control } of findings) {
    const place = `${typeof hop === 'string' ? hop : hop.join(' to ')} (${layer}, ${owner}, ${contact})`
    faults.set(place, (faults.get(place) ?? new Set()).add(control))
  }
  const places = [...faults].map(([place, controls]) => `${place} for ${[...controls].join(', ')}`)
  return `${chain} in ${environment}: ${verdict}${places.length === 0 ? '' : ` at ${places.join('; ')}`}`
}
