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
 * What an attack shows on an observed route. A hop that records and lets pass cannot be told from one that checks nothing,
 * so neither a pass nor a refusal there says anything about it: both are inconclusive.
 * What nobody let pass stays as it is: what the issuer did, a way around the hops, a proof that witnesses saw a hop lose, a wrong refusal.
 */
export function asObserved(shown: Shown, { answer }: { readonly answer?: Answer }, observation: Observation): Shown {
  const { attribution, outcome, control, at, finding } = shown
  if (outcome !== 'breached' && outcome !== 'held') return shown
  if (outcome === 'held' && !isDecisionOfHop(control, at)) return shown
  if (outcome === 'breached' && answer?.accepted === false) return shown
  if (attribution && isOwnAct(attribution)) return withoutCoFaults(shown, attribution)
  const said = sayObservation(observation)
  const { attribution: _, finding: __, ...rest } = shown
  return {
    ...rest,
    outcome: 'inconclusive',
    reason: `${shown.reason}; ${said}`,
    ...(finding ? { finding: { ...finding, outcome: 'inconclusive', evidence: [said, ...finding.evidence], coFaults: [], remedy: REMEDY } } : {}),
  }
}

const REMEDY = 'Take `observe` away from the route, or wait for its end, and attack again: until then nothing here is proven.'

function isDecisionOfHop(control: Evidence['control'], at: string | undefined): boolean {
  if (control === 'POP-PL-04' || at === 'issuer') return false
  const place = CONTROLS.get(control)?.place
  return at !== undefined || (place !== 'issuer' && place !== 'client' && place !== 'chain')
}

/** What happened without anybody having decided on the request. */
const isOwnAct = ({ hop, layer, control, isWitnessed = false }: Attribution): boolean =>
  hop === 'issuer' || layer === 'security' || control === 'POP-PL-04' || (control === 'POP-PL-02' && isWitnessed)

/** Those who should have refused as well were not to refuse. */
function withoutCoFaults(shown: Shown, attribution: Attribution): Shown {
  const { finding } = shown
  return { ...shown, attribution: { ...attribution, coFaults: [] }, ...(finding ? { finding: { ...finding, coFaults: [] } } : {}) }
}
