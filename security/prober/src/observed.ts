import type { Chain, Finding, Report } from '@everyhop/chain'
import { CONTROLS, observationsOf, sayObservation, type Observation } from '@everyhop/controls'
import type { Answer } from './attack.js'
import type { Attribution } from './attribution.js'
import type { Way } from './session.js'
import type { Evidence } from './verdicts.js'

/** That of the route under attack, while it lasts. */
export const observationOf = (chain: Chain, { route }: Way, now: number): Observation | undefined =>
  observationsOf(chain, now).find(({ route: pattern, isInForce }) => isInForce && pattern === route.pattern)

/** As the report lists those that last; absent where none does. */
export function observedIn(chain: Chain, now: number): Pick<Report, 'observed'> {
  const observed = observationsOf(chain, now).filter(({ isInForce }) => isInForce)
  if (observed.length === 0) return {}
  const rows = observed.map(({ route, until, owner }) => ({ route, until: new Date(until * 1_000).toISOString(), owner: owner.id, contact: owner.contact }))
  return { observed: rows }
}

/** What an attack showed, and what people are told of it. */
export type Shown = Evidence & { readonly finding?: Finding }

/**
 * What an attack shows on an observed route. The application records and lets pass, which cannot be told from one that checks nothing:
 * neither that it let something in nor that it refused says anything about it, and both are inconclusive.
 * All else stays as it is: what the hops before it did, which do not observe, what the issuer did, a wrong refusal.
 */
export function asObserved(shown: Shown, { answer }: { readonly answer?: Answer }, application: string, observation: Observation): Shown {
  const { attribution, outcome, at, finding } = shown
  if (outcome === 'held' && !mayBeOf(application, shown)) return shown
  if (outcome === 'breached' && (answer?.accepted === false || attribution?.layer === 'security')) return shown
  if (outcome !== 'held' && outcome !== 'breached') return shown
  if (attribution && !isOf(application, attribution)) return withoutCoFaultsOf(application, shown, attribution)
  const said = sayObservation(observation)
  const { attribution: _, finding: __, ...rest } = shown
  return {
    ...rest,
    ...(at === undefined && attribution ? { at: application } : {}),
    outcome: 'inconclusive',
    reason: `${shown.reason}; ${said}`,
    ...(finding ? { finding: { ...finding, outcome: 'inconclusive', evidence: [said, ...finding.evidence], coFaults: [], remedy: REMEDY } } : {}),
  }
}

const REMEDY = 'Take `observe` away from the route, or wait for its end, and attack again: until then nothing is proven of the application.'

/** Whether what was refused was refused by the application, or may have been. */
function mayBeOf(application: string, { control, at }: Shown): boolean {
  if (control === 'POP-PL-04') return false
  if (at !== undefined) return at === application || at === 'open'
  const place = CONTROLS.get(control)?.place
  return place !== 'issuer' && place !== 'client' && place !== 'chain'
}

/** Whether the application let it in, or may have. A way around the hops counts as open where it lets in who took it. */
const isOf = (application: string, { hop }: Attribution): boolean => (typeof hop === 'string' ? hop === application : hop.includes(application))

/** It should have refused as well, and was not to. */
function withoutCoFaultsOf(application: string, shown: Shown, attribution: Attribution): Shown {
  const others = <Fault extends { readonly hop: string }>(faults: readonly Fault[]) => faults.filter(({ hop }) => hop !== application)
  const { finding } = shown
  return {
    ...shown,
    attribution: { ...attribution, coFaults: others(attribution.coFaults) },
    ...(finding ? { finding: { ...finding, coFaults: others(finding.coFaults) } } : {}),
  }
}
