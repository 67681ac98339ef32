import { worst, type Baseline, type ControlVerdict, type EarlierFinding, type Finding, type Report, type Verdict } from '@everyhop/chain'
import { hopsOf } from './render-place.js'
import { isReached } from './verdicts.js'

/** The report with what changed since an earlier one of the same chain and environment. */
export function sinceBaseline(report: Report, earlier: Report): Report {
  const findings = report.findings.map((finding): Finding => ({ ...finding, change: earlier.findings.some(isSameAs(finding)) ? 'persisting' : 'new' }))
  const gone = earlier.findings.filter((finding) => !report.findings.some(isSameAs(finding))).map((finding) => tell(finding, report))
  const baseline: Baseline = {
    startedAt: earlier.startedAt,
    verdict: worst(['holds', ...newVerdicts(findings), ...worsened(report.controls.filter(isReached), earlier.controls)]),
    assurance: worst(['holds', ...newVerdicts(findings), ...worsened(report.controls, earlier.controls)]),
    new: findings.filter(({ change }) => change === 'new').length,
    persisting: findings.filter(({ change }) => change === 'persisting').length,
    fixed: gone.filter(({ isFixed }) => isFixed).map(({ finding }) => finding),
    untold: gone.filter(({ isFixed }) => !isFixed).map(({ finding }) => finding),
  }
  return { ...report, findings, baseline }
}

/** The same attack showed the same control broken on the same route, at the same hop or in an interval that ends there. */
const isSameAs =
  (one: Finding) =>
  (other: Finding): boolean =>
    one.attack === other.attack && one.control === other.control && one.route === other.route && hopsOf(one).some((hop) => hopsOf(other).includes(hop))

/** What became of a finding that is not there any more. That it is not there is not enough: its attack must have held. */
function tell(finding: Finding, { attacks }: Report): { readonly finding: EarlierFinding; readonly isFixed: boolean } {
  const { attack, title, control, severity, hop, layer, owner, contact } = finding
  const result = attacks.find((one) => one.attack === attack)
  const isFixed = result?.outcome === 'held'
  const told = { attack, title, control, severity, hop, layer, owner, contact, reason: reasonOf(result) }
  return { finding: told, isFixed }
}

function reasonOf(result: Report['attacks'][number] | undefined): string {
  if (result === undefined) return 'this run did not try it'
  return result.outcome === 'breached' ? 'it still gets in, elsewhere' : `${result.outcome}: ${result.reason}`
}

const newVerdicts = (findings: readonly Finding[]): readonly Verdict[] =>
  findings.filter(({ change }) => change === 'new').map(({ outcome }): Verdict => (outcome === 'breached' ? 'broken' : 'unproven'))

const RANK: Readonly<Record<Verdict, number>> = { broken: 3, unproven: 2, waived: 1, holds: 0, 'not-applicable': 0 }

/** The verdicts of what is worse than it was; what was not there held. */
function worsened(now: readonly ControlVerdict[], before: readonly ControlVerdict[]): readonly Verdict[] {
  const ranks = new Map(before.map(({ control, place, verdict }) => [`${control} ${place}`, RANK[verdict]]))
  return now.filter(({ control, place, verdict }) => RANK[verdict] > (ranks.get(`${control} ${place}`) ?? 0)).map(({ verdict }) => verdict)
}
