import type { Finding, Report } from '@everyhop/chain'
import { probe, readRunnerFile } from '@everyhop/prober'
import { withLifecycle } from '../lifecycle.js'
import { build, type Case, type Fault } from './build.js'

/** What the prober said of a case, against what was put into it. */
export type Tried = {
  readonly name: string
  readonly verdict: Report['verdict']
  /** Faults of the case that no finding names. */
  readonly missed: readonly Fault[]
  /** Faults that findings name as they are: the very hop, and its owner. */
  readonly exact: readonly Fault[]
  /** Findings that blame a team which did nothing. */
  readonly wrong: readonly string[]
  readonly attacks: readonly string[]
}

/** Builds the case, attacks it with everything, and compares. */
export async function tryCase(one: Case, only?: readonly string[]): Promise<Tried> {
  return withLifecycle(async (life) => {
    const { chain, runner } = await build(life, one)
    const { findings, verdict } = await probe({ chain, runner: readRunnerFile(runner), ...(only ? { only } : {}) })
    const found = findings.filter(({ outcome }) => outcome === 'breached' || outcome === 'inconclusive')
    const isExact = ({ hop, owner }: Fault) => found.some((finding) => JSON.stringify(finding.hop) === JSON.stringify(hop) && finding.owner === owner)
    const owners = new Set(one.faults.map(({ owner }) => owner))
    return {
      name: one.name,
      verdict,
      missed: one.faults.filter(({ owner }) => !found.some((finding) => finding.owner === owner)),
      exact: one.faults.filter(isExact),
      wrong: found.filter(({ owner }) => !owners.has(owner)).map(inWords),
      attacks: [...new Set(found.map(({ attack }) => attack))],
    }
  })
}

const inWords = ({ attack, outcome, hop, owner, evidence }: Finding): string => `${attack} ${outcome} at ${String(hop)} of ${owner}: ${evidence.join('; ')}`
