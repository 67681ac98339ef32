import type { Chain, ControlId, Finding, Hop, HopId, Layer, Team } from '@everyhop/chain'
import { ownerOf } from '@everyhop/controls'
import type { Attack, Exchange, Sighting } from './attack.js'
import type { Way } from './session.js'

/** What is known of an attack that got in. */
export type Seen = {
  readonly attack: Attack
  readonly exchange?: Exchange
  /** What the witnesses of the way saw of it; empty where there is none, or the request was not tagged. */
  readonly sightings: Sightings
  /** Whether the application took the request for what it claims to be. */
  readonly isBelieved: boolean
  /** The hop that says of itself that it answered. */
  readonly answeredBy?: string
  /** Where a scripted attack saw it happen: `issuer`, a hop, or `network`. */
  readonly place?: string
  /** What it saw there, in a sentence. */
  readonly reason?: string
  /** Other hops where it saw the same. */
  readonly alsoAt?: readonly string[]
}

/** By hop. */
export type Sightings = ReadonlyMap<HopId, Sighting>

export type Fault = { readonly hop: HopId; readonly layer: Layer; readonly owner: Team; readonly control: ControlId; readonly reason: string }

export type Attribution = {
  readonly hop: Finding['hop']
  readonly layer: Layer
  readonly owner: Team
  readonly control: ControlId
  readonly coFaults: readonly Fault[]
  readonly evidence: readonly string[]
}

/**
 * Who must act. The hops are walked from the client inwards: the first whose output breaks its part is at fault,
 * later ones that should have refused share it. Without enough evidence the smallest interval of hops is named, never a guess.
 */
export function attribute(chain: Chain, way: Way, seen: Seen): Attribution {
  const { attack, exchange, place, reason = 'the attack saw it happen there', alsoAt = [] } = seen
  if (place === 'issuer' || (attack.layer === 'identity' && place === undefined)) return ofIssuer(chain, attack)
  // What nobody noticed is the security team's, wherever it happened.
  if (attack.layer === 'security')
    return whole({
      hop: way.application,
      layer: 'security',
      owner: ownerOf(chain, attack.control, 'chain'),
      control: attack.control,
      reason: 'it was let in as declared, and no alert came',
    })
  if (place !== undefined && chain.hops.has(place)) {
    const others = alsoAt.map((hop) => faultOf(chain, hop, attack.control, `${hop} did the same`))
    return whole(faultOf(chain, place, place === way.application ? ownControl(attack) : attack.control, reason), others)
  }
  if (exchange?.to.at === 'direct') {
    // Where no hop attests, there is no way to be kept to: whoever comes, the application decides alone.
    const control = attack.id.startsWith('RPL-') ? 'POP-AP-02' : ownControl(attack)
    const isAboutPath = control === 'POP-AP-06' || (attack.control === 'POP-PL-04' && control !== 'POP-AP-02')
    if (way.route.mode === 'passthrough' && !isAboutPath) return whole(faultOf(chain, exchange.to.hop, control, `${exchange.to.hop} let it in`))
    return reachedAround(chain, exchange.to.hop, attack)
  }
  return throughTheHops(chain, way, seen)
}

const teamOf = (chain: Chain, id: string): Team => chain.teams.get(id)!

export function faultOf(chain: Chain, hop: HopId, control: ControlId, reason: string): Fault {
  const owner = ownerOf(chain, control, hop)
  return { hop, layer: owner.layer, owner, control, reason }
}

/** What an application owes where hops before it owe something else: it cannot remove for them what it must not believe. */
const ownControl = ({ control }: Attack): ControlId => (control.startsWith('POP-PL-') ? 'POP-AP-01' : control)

export const whole = ({ hop, layer, owner, control, reason }: Fault, coFaults: readonly Fault[] = [], evidence: readonly string[] = [reason]): Attribution => ({
  hop,
  layer,
  owner,
  control,
  coFaults,
  evidence,
})

export function ofIssuer(chain: Chain, { control }: Pick<Attack, 'control'>, reason = 'the issuer itself did it: no hop took part'): Attribution {
  const owner = teamOf(chain, chain.issuer.owner)
  return { hop: 'issuer', layer: 'identity', owner, control, coFaults: [], evidence: [reason] }
}

/** The way around the hops is the network owner's; that the application answered on it is the application's. */
function reachedAround(chain: Chain, hop: HopId, attack: Attack): Attribution {
  // An attestation that should not have been believed was believed by the application, however the request came.
  if (/^(?:HOP-|DIR-03|RBD-05)/.test(attack.id) && attack.layer === 'application')
    return whole(
      faultOf(
        chain,
        hop,
        attack.control.startsWith('POP-PL-') ? 'POP-AP-06' : attack.control,
        `${hop} let in what came straight to it with no good attestation`,
      ),
      [networkFault(chain, hop)],
    )
  const application = faultOf(chain, hop, 'POP-AP-06', `${hop} answered a request that did not come over the declared path`)
  const { layer, owner, control, reason } = networkFault(chain, hop)
  return { hop, layer, owner, control, coFaults: [application], evidence: [reason, application.reason] }
}

function networkFault(chain: Chain, hop: HopId): Fault {
  const owner = ownerOf(chain, 'POP-PL-04', 'network')
  return { hop, layer: 'platform', owner, control: 'POP-PL-04', reason: `${hop} could be reached without passing the hops before it` }
}

function throughTheHops(chain: Chain, way: Way, { attack, exchange, sightings, isBelieved, answeredBy }: Seen): Attribution {
  const { application, path } = way
  const isPast = (reason: string) => faultOf(chain, application, ownControl(attack), reason)
  if (path.length === 0) return whole(isPast(`${application} let it in, and no hop stands before it`))
  // A script that is about the application watched it decide, unless the answer came from before it.
  const answering = isBelieved || !exchange ? undefined : answeredBefore(way, sightings, answeredBy)
  if (answering)
    return answeredBy !== undefined && answering.includes(answeredBy) ? whole(wrongAnswer(chain, answeredBy, attack)) : between(chain, answering, attack)
  if (attack.kind === 'scripted' && attack.layer === 'application') return whole(isPast(`${application} let it in`))
  const seenAt = (hop: HopId) => (sightings.get(hop)?.arrived ? sightings.get(hop) : undefined)
  const sighting = seenAt(application)
  if (!exchange || ![...path, application].some(seenAt)) return unknown(chain, way, attack)

  const isChanged = (hop: string) => seenAt(hop)?.isAsAsked === false
  if ([...path, application].some(isChanged)) {
    const reason = 'method or path did not arrive as the client sent them'
    return culprits(chain, way, sightings, { control: 'POP-PL-02', reason, isBad: isChanged })
  }
  const lost = lostCredentials(exchange, [...sightings.values()])
  if (lost.length > 0) {
    const reason = `${lost.join(' and ')} did not arrive as the client sent it`
    const coFaults = isBelieved ? [faultOf(chain, application, 'POP-AP-01', `${application} let in a request without the proof`)] : []
    return culprits(chain, way, sightings, { control: 'POP-PL-02', reason, coFaults, isBad: (hop) => lostCredentials(exchange, seenAt(hop)).length > 0 })
  }
  const forgedAt = (hop: HopId) => (attack.kind === 'forge' ? (attack.mustNotArrive ?? []) : []).filter((name) => seenAt(hop)?.intact(name))
  const forged = forgedAt(application)
  if (forged.length > 0) {
    const reason = `${forged.join(', ')} reached ${application} as the client sent it`
    // The control of an attack on the hops is theirs; that the application believed them is a control of its own.
    const control = attack.layer === 'platform' ? 'POP-AP-01' : attack.control
    const coFaults = isBelieved ? [faultOf(chain, application, control, `${application} believed it`)] : []
    return culprits(chain, way, sightings, { control: 'POP-PL-03', reason, coFaults, isBad: (hop) => forgedAt(hop).length > 0 })
  }
  if (!sighting) return unknown(chain, way, attack, [...path].reverse().find(seenAt))
  // The request arrived as sent: each hop that decides should have refused it, the first one first.
  const isOfReplay = attack.control === 'POP-AP-02'
  const deciding = path.filter((hop) => decides(chain.hops.get(hop)) && (!isOfReplay || chain.hops.get(hop)?.replayAuthority))
  const [first, ...others] = [...deciding, application].map((hop) =>
    faultOf(chain, hop, hop === application ? ownControl(attack) : 'POP-PL-05', `${hop} should have refused it and passed it`),
  )
  return whole(first!, others, [`the request reached ${application} as sent`, ...[first!, ...others].map(({ reason }) => reason)])
}

/** The hops before the application that can have answered by themselves; undefined where the application did, or may have. */
function answeredBefore({ path, application }: Way, sightings: Sightings, answeredBy: string | undefined): readonly HopId[] | undefined {
  if (answeredBy !== undefined) return path.includes(answeredBy) ? [answeredBy] : undefined
  if (sightings.get(application)?.arrived !== false) return undefined
  const last = Math.max(
    path.findLastIndex((hop) => sightings.get(hop)?.arrived),
    0,
  )
  const beyond = path.findIndex((hop, index) => index > last && sightings.get(hop)?.arrived === false)
  return path.slice(last, beyond === -1 ? path.length : beyond)
}

const wrongAnswer = (chain: Chain, hop: HopId, { control }: Attack): Fault =>
  faultOf(chain, hop, control.startsWith('POP-AP-') ? 'POP-PL-05' : control, `${hop} gave the answer itself`)

function between(chain: Chain, hops: readonly HopId[], attack: Attack): Attribution {
  const from = hops[0]!
  const to = hops.at(-1)!
  const fault = { ...wrongAnswer(chain, from, attack), reason: 'the answer came from before the application, which the request did not reach' }
  return from === to ? whole(fault) : { ...whole(fault), hop: [from, to] }
}

/** Whether something that every hop has to pass on did not arrive as it was sent. */
export const isMangled = (exchange: Exchange, sighting: Sighting | undefined): boolean =>
  sighting?.isAsAsked === false || lostCredentials(exchange, sighting).length > 0

const CREDENTIALS = ['authorization', 'dpop'] as const

/** Names of the credentials that the client sent and that did not arrive so at some of these. */
export function lostCredentials(exchange: Exchange, sightings: Sighting | undefined | readonly Sighting[]): readonly string[] {
  const all = sightings === undefined ? [] : 'arrived' in sightings ? [sightings] : sightings
  return CREDENTIALS.filter((name) => exchange[name].length > 0 && all.some((sighting) => sighting.arrived && !sighting.intact(name)))
}

/** A hop that attests or rebinds says by it that it verified. */
export const decides = (hop: Hop | undefined): boolean => hop?.forward === 'attested' || hop?.forward === 'rebound' || hop?.forward === 'gateway-only'

type Act = {
  readonly control: ControlId
  readonly reason: string
  readonly coFaults?: readonly Fault[]
  readonly evidence?: readonly string[]
  /** Whether what arrived at this hop was bad already. */
  readonly isBad: (hop: HopId) => boolean
}

/** Between the last witness that saw it good, or the client, and the first that saw it bad, the hops that can have done it. */
export function culprits(
  chain: Chain,
  { path, application }: Way,
  sightings: Sightings,
  { control, reason, coFaults = [], evidence = [], isBad }: Act,
): Attribution {
  const all = [...path, application]
  const isSeen = (hop: HopId) => sightings.get(hop)?.arrived === true
  const bad = all.findIndex((hop) => isSeen(hop) && isBad(hop))
  const good = all.findLastIndex((hop, index) => index < bad && isSeen(hop) && !isBad(hop))
  const from = all[Math.max(good, 0)]!
  const to = all[Math.max(bad - 1, 0)]!
  const said = [reason, ...evidence, ...coFaults.map((fault) => fault.reason)]
  // What was lost cannot come back: one of two witnesses that say so is wrong.
  const later = all.find((hop, index) => index > bad && isSeen(hop) && !isBad(hop))
  if (later !== undefined) {
    const doubted = faultOf(chain, all[bad]!, control, reason)
    return { ...whole(doubted, coFaults, [`the witnesses at ${all[bad]} and ${later} contradict each other`, ...said]), hop: [all[bad]!, later] }
  }
  const fault = faultOf(chain, from, control, reason)
  return from === to ? whole(fault, coFaults, said) : { ...whole(fault, coFaults, said), hop: [from, to] }
}

/** Nobody saw it beyond `from`. */
function unknown(chain: Chain, { path, application }: Way, attack: Attack, from: HopId = path[0]!): Attribution {
  const isOneHop = attack.kind === 'scripted' && attack.layer === 'platform' && path.length === 1
  if (isOneHop) return whole(faultOf(chain, path[0]!, attack.control, `${path[0]} is the only hop before ${application}`))
  const accountable = attack.layer === 'platform' ? from : application
  const { layer, owner } = faultOf(chain, accountable, attack.control, '')
  return {
    hop: [from, application],
    layer,
    owner,
    control: attack.control,
    coFaults: [],
    evidence: [`no witness at ${application} saw the request: it happened between ${from} and ${application}`],
  }
}
