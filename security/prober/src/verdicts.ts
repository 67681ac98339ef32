import { waiverInForce, worst, type Chain, type ControlId, type ControlVerdict, type HopVerdict, type Verdict } from '@everyhop/chain'
import { CONTROLS, issuerPlaces, placesOf, responsibilities } from '@everyhop/controls'
import type { Attribution } from './attribution.js'
import type { Way } from './session.js'

/** What one attack says of the controls. */
export type Evidence = {
  readonly attack: string
  readonly control: ControlId
  readonly outcome: 'breached' | 'held' | 'masked' | 'inconclusive'
  readonly reason: string
  /** The hop that refused, or the issuer: what held there says nothing about the hops behind it. `open` where it cannot be told. */
  readonly at?: string
  /** Where an attack got in, or where an honest request was refused. */
  readonly attribution?: Attribution
}

type Entry = { readonly verdict: Verdict; readonly reason: string }

/** Every control at every place, judged by what the attacks of this run showed there. */
export function judgeControls(chain: Chain, way: Way, evidence: readonly Evidence[], now: number): readonly ControlVerdict[] {
  const found = new Map<string, Entry[]>()
  const add = (control: ControlId, place: string, entry: Entry): void => {
    const key = `${control} ${place}`
    found.set(key, [...(found.get(key) ?? []), entry])
  }
  for (const { attack, control, outcome, reason, attribution, at } of evidence) {
    const verdict: Verdict = outcome === 'breached' ? 'broken' : outcome === 'held' ? 'holds' : 'unproven'
    if (outcome === 'breached' && attribution) {
      const hops = typeof attribution.hop === 'string' ? [attribution.hop] : attribution.hop
      for (const hop of hops) add(attribution.control, hop, { verdict, reason: `${attack}: ${attribution.evidence[0] ?? reason}` })
      for (const fault of attribution.coFaults) add(fault.control, fault.hop, { verdict, reason: `${attack}: ${fault.reason}` })
      continue
    }
    // Somebody refused, and nobody knows who: that is nobody's merit.
    if (outcome === 'held' && at === 'open') continue
    for (const place of reachedPlaces(chain, way, control, at)) add(control, place, { verdict, reason: `${attack}: ${reason}` })
  }
  for (const { control, place, verdict, reason } of waived(chain, evidence, now)) add(control, place, { verdict, reason })

  const { assignments } = responsibilities(chain)
  const known = new Set(assignments.map(({ control, place }) => `${control} ${place}`))
  const listed = assignments.map(({ control, place, team }) => verdictOf(control, place, team, found.get(`${control} ${place}`), chain))
  // A fault may be found at a place where the control has no instance of its own: it is reported all the same.
  const others = [...found]
    .filter(([key]) => !known.has(key))
    .map(([key, entries]) => {
      const [control, place] = key.split(' ') as [ControlId, string]
      return verdictOf(control, place, chain.hops.get(place)?.owner ?? chain.issuer.owner, entries, chain)
    })
  return [...listed, ...others]
}

function verdictOf(control: ControlId, place: string, owner: string, entries: readonly Entry[] | undefined, chain: Chain): ControlVerdict {
  if (!entries) return { control, place, owner, verdict: 'unproven', reason: place.startsWith('issuer:') ? NOT_OURS : NOT_REACHED }
  const verdict = worst(entries.map((entry) => entry.verdict))
  const waiver = place.startsWith('client:') ? chain.clients.get(place.slice('client:'.length))?.waiver : undefined
  return {
    control,
    place,
    owner,
    verdict,
    reason: entries.find((entry) => entry.verdict === verdict)!.reason,
    ...(verdict === 'waived' && waiver !== undefined ? { waiver } : {}),
  }
}

const NOT_REACHED = 'no attack of this run reached it'
const NOT_OURS = 'the canaries are registered at the chain’s own issuer, so no attack reaches this one'

/** Whether an attack of the run could reach it. */
export const isReached = ({ reason }: ControlVerdict): boolean => reason !== NOT_REACHED && reason !== NOT_OURS

/** The verdict that counts as the outcome of a run: of what its attacks could reach. What they could not reach is the assurance's matter. */
export const outcomeOf = (controls: readonly ControlVerdict[]): Verdict => worst(controls.filter(isReached).map(({ verdict }) => verdict))

export const assuranceOf = (controls: readonly ControlVerdict[]): Verdict => worst(controls.map(({ verdict }) => verdict))

/** The places of a control that an attack said something about: with a known hop that one, else all that lie on the way. */
function reachedPlaces(chain: Chain, { path, application }: Way, id: ControlId, at: string | undefined): readonly string[] {
  const control = CONTROLS.get(id)
  const places = control === undefined ? [] : placesOf(chain, control).map(({ place }) => place)
  const beside = places.filter((place) => place === 'issuer' || place === 'network' || place === 'chain')
  if (beside.length > 0) return beside
  return at === 'issuer' || (at !== undefined && chain.hops.has(at)) ? [at] : places.filter((place) => place === application || path.includes(place))
}

/**
 * A waiver in force makes its control waived for its clients: never a pass, and broken all the same where an attack got in.
 * What compensates for it must have been attacked and have held: until then it is unproven.
 */
function waived(chain: Chain, evidence: readonly Evidence[], now: number) {
  const isCompensated = evidence.some(({ attack, outcome }) => attack.startsWith('CMP-') && outcome === 'held')
  return [...chain.clients.values()].flatMap(({ id, waiver: waiverId }) => {
    const waiver = waiverId === undefined ? undefined : chain.waivers.get(waiverId)
    if (!waiver || !waiverInForce(waiver, now)) return []
    const said = `waiver ${waiver.id} is in force until ${new Date(waiver.end * 1000).toISOString().slice(0, 10)}`
    const shown: Entry = isCompensated
      ? { verdict: 'waived', reason: said }
      : { verdict: 'unproven', reason: `${said}, and no attack of this run showed that what compensates for it holds` }
    return [{ control: waiver.control, place: `client:${id}`, ...shown }]
  })
}

/** The verdict at each hop, and at each issuer, which answers for its clients' tokens too. */
export function judgeHops(chain: Chain, controls: readonly ControlVerdict[]): readonly HopVerdict[] {
  const at = (isHere: (place: string) => boolean): Verdict => outcomeOf(controls.filter(({ place }) => isHere(place)))
  const clientsOf = (name: string | undefined) => new Set([...chain.clients.values()].filter(({ issuer }) => issuer === name).map(({ id }) => `client:${id}`))
  const issuers = issuerPlaces(chain).map(([hop, { owner }]) => {
    const clients = clientsOf(hop === 'issuer' ? undefined : hop.slice('issuer:'.length))
    const shown = at((place) => place === hop || clients.has(place))
    // Nothing was tried of a further issuer: what its clients' waivers say is not all that there is to prove.
    const verdict = hop === 'issuer' ? shown : worst(['unproven', shown])
    return { hop, kind: 'issuer', layer: 'identity' as const, owner, verdict }
  })
  const hops = [...chain.hops.values()].map(({ id, kind, owner, forward }) => ({
    hop: id,
    kind,
    layer: chain.teams.get(owner)!.layer,
    owner,
    verdict: at((place) => place === id),
    ...(forward === undefined ? {} : { forward }),
  }))
  return [...issuers, ...hops]
}
