import type { AttackResult, ControlVerdict, Report, Verdict } from '@everyhop/chain'
import { inOrder } from './render-place.js'

/** `everyhop.comparison/1`: one chain in two environments. Versioned and stable as the report is. */
export type Comparison = {
  readonly schema: 'everyhop.comparison/1'
  readonly chain: string
  readonly environments: readonly [Compared, Compared]
  /** Controls whose verdict is not the same in both; those that hold in one come first. */
  readonly controls: readonly DifferingControl[]
  /** Attacks that were tried in one environment only, or in neither. */
  readonly untried: readonly UntriedAttack[]
}

export type Compared = Pick<Report, 'environment' | 'manifest' | 'verdict' | 'assurance' | 'startedAt'> & { readonly class: 'P1' | 'P2' | 'P3' }

export type DifferingControl = {
  readonly control: string
  readonly place: string
  readonly owner: string
  /** In the order of the environments; `absent` where the place is in one of them only. */
  readonly verdicts: readonly [Verdict | 'absent', Verdict | 'absent']
  readonly reasons: readonly [string, string]
}

export type UntriedAttack = Pick<AttackResult, 'attack' | 'title' | 'control' | 'class'> & {
  /** The environments in which it was not tried. */
  readonly in: readonly string[]
  readonly reasons: readonly string[]
}

/** What holds in one environment and not in the other, and what was never tried. Throws TypeError for reports of two chains, or of one environment. */
export function compareReports(left: Report, right: Report): Comparison {
  if (left.chain !== right.chain) throw new TypeError(`reports of two chains cannot be compared: ${left.chain} and ${right.chain}`)
  if (left.environment === right.environment)
    throw new TypeError(`both reports are of ${left.environment}: a run beside an earlier one of the same environment is what --baseline is for`)
  return {
    schema: 'everyhop.comparison/1',
    chain: left.chain,
    environments: [comparedOf(left), comparedOf(right)],
    controls: differingControls(left, right),
    untried: untriedAttacks(left, right),
  }
}

const comparedOf = ({ environment, manifest, verdict, assurance, startedAt, permission }: Report): Compared => ({
  environment,
  manifest,
  verdict,
  assurance,
  startedAt,
  class: permission.class,
})

function differingControls(left: Report, right: Report): readonly DifferingControl[] {
  const [before, after] = [byPlace(left), byPlace(right)]
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort(inOrder)
  const found = keys.flatMap((key): readonly DifferingControl[] => {
    const [one, other] = [before.get(key), after.get(key)]
    const known = one ?? other
    if (known === undefined || one?.verdict === other?.verdict) return []
    const { control, place, owner } = known
    return [{ control, place, owner, verdicts: [one?.verdict ?? 'absent', other?.verdict ?? 'absent'], reasons: [one?.reason ?? '', other?.reason ?? ''] }]
  })
  return found.toSorted((one, other) => rank(one) - rank(other))
}

const byPlace = ({ controls }: Report): ReadonlyMap<string, ControlVerdict> => new Map(controls.map((one) => [`${one.control} ${one.place}`, one]))

const rank = ({ verdicts: [one, other] }: DifferingControl): number => (one === 'holds' ? 0 : other === 'holds' ? 1 : 2)

const TRIED: ReadonlySet<string> = new Set(['breached', 'held', 'masked', 'inconclusive'] satisfies readonly AttackResult['outcome'][])
const NOT_CHOSEN = 'the run did not choose it'

function untriedAttacks(left: Report, right: Report): readonly UntriedAttack[] {
  const reports = [left, right].map(({ environment, attacks }) => ({ environment, results: new Map(attacks.map((one) => [one.attack, one])) }))
  const known = new Map([...left.attacks, ...right.attacks].map((one) => [one.attack, one]))
  return [...known.values()].flatMap(({ attack, title, control, class: level }) => {
    const missing = reports.flatMap(({ environment, results }) => {
      const result = results.get(attack)
      return result && TRIED.has(result.outcome) ? [] : [{ environment, reason: result?.reason ?? NOT_CHOSEN }]
    })
    if (missing.length === 0) return []
    return [{ attack, title, control, class: level, in: missing.map(({ environment }) => environment), reasons: missing.map(({ reason }) => reason) }]
  })
}
