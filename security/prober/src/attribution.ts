import { ownerOf, type Chain, type ControlId, type Finding, type Hop, type HopId, type Layer, type Team } from '@everyhop/chain'
import type { Attack, Exchange, Sighting } from './attack.js'
import type { Way } from './session.js'

/** What is known of an attack that got in. */
export type Seen = {
  readonly attack: Attack
  readonly exchange?: Exchange
  /** What the witness at the application saw of it; undefined where there is none, or the request was not tagged. */
  readonly sighting?: Sighting
  /** Where a scripted attack saw it happen: `issuer`, a hop, or `network`. */
  readonly place?: string
}

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
  const { attack, exchange, place } = seen
  if (place === 'issuer' || (attack.layer === 'identity' && place === undefined)) return ofIssuer(chain, attack)
  if (place !== undefined && chain.hops.has(place)) return whole(faultOf(chain, place, attack.control, 'the attack saw it happen there'))
  if (exchange?.to.at === 'direct') return reachedAround(chain, exchange.to.hop, attack)
  return throughTheHops(chain, way, seen)
}

const teamOf = (chain: Chain, id: string): Team => chain.teams.get(id)!

function faultOf(chain: Chain, hop: HopId, control: ControlId, reason: string): Fault {
  const owner = ownerOf(chain, control, hop)
  return { hop, layer: owner.layer, owner, control, reason }
}

const whole = ({ hop, layer, owner, control, reason }: Fault, coFaults: readonly Fault[] = [], evidence: readonly string[] = [reason]): Attribution => ({ hop, layer, owner, control, coFaults, evidence })

function ofIssuer(chain: Chain, attack: Attack): Attribution {
  const owner = teamOf(chain, chain.issuer.owner)
  return { hop: 'issuer', layer: 'identity', owner, control: attack.control, coFaults: [], evidence: ['the issuer itself did it: no hop took part'] }
}

/** The way around the hops is the network owner's; that the application answered on it is the application's. */
function reachedAround(chain: Chain, hop: HopId, attack: Attack): Attribution {
  // An attestation that should not have been believed was believed by the application, however the request came.
  if (attack.id.startsWith('HOP-') && attack.layer === 'application') return whole(faultOf(chain, hop, attack.control, `${hop} let in what came straight to it with no good attestation`), [networkFault(chain, hop)])
  const application = faultOf(chain, hop, 'POP-AP-06', `${hop} answered a request that did not come over the declared path`)
  const { layer, owner, control, reason } = networkFault(chain, hop)
  return { hop, layer, owner, control, coFaults: [application], evidence: [reason, application.reason] }
}

function networkFault(chain: Chain, hop: HopId): Fault {
  const owner = ownerOf(chain, 'POP-PL-04', 'network')
  return { hop, layer: 'platform', owner, control: 'POP-PL-04', reason: `${hop} could be reached without passing the hops before it` }
}

function throughTheHops(chain: Chain, way: Way, { attack, exchange, sighting }: Seen): Attribution {
  const { application, path } = way
  const neighbour = path.at(-1)
  const isPast = (reason: string) => faultOf(chain, application, attack.control, reason)
  if (neighbour === undefined) return whole(isPast(`${application} let it in, and no hop stands before it`))
  if (!sighting?.arrived || !exchange) return unknown(chain, way, attack, exchange === undefined)

  const lost = CREDENTIALS.filter((name) => wasSent(exchange, name) && !sighting.intact(name))
  if (lost.length > 0) {
    const reason = `${lost.join(' and ')} did not reach ${application} as sent`
    return culprits(chain, path, 'POP-PL-02', reason, [faultOf(chain, application, 'POP-AP-01', `${application} let in a request without the proof`)])
  }
  const forged = attack.kind === 'forge' ? (attack.mustNotArrive ?? []).filter((name) => sighting.intact(name)) : []
  if (forged.length > 0) {
    const reason = `${forged.join(', ')} reached ${application} as the client sent it`
    return culprits(chain, path, 'POP-PL-03', reason, attack.layer === 'platform' ? [] : [isPast(`${application} believed it`)])
  }
  // The request arrived as sent: each hop that decides should have refused it, the first one first.
  const isOfReplay = attack.control === 'POP-AP-02'
  const deciding = path.filter((hop) => decides(chain.hops.get(hop)) && (!isOfReplay || chain.hops.get(hop)?.replayAuthority))
  const [first, ...others] = [...deciding, application].map((hop) => faultOf(chain, hop, hop === application ? attack.control : 'POP-PL-05', `${hop} should have refused it and passed it`))
  return whole(first!, others, [`the request reached ${application} as sent`, ...[first!, ...others].map(({ reason }) => reason)])
}

const CREDENTIALS = ['authorization', 'dpop'] as const
const wasSent = (exchange: Exchange, name: (typeof CREDENTIALS)[number]): boolean => exchange[name].length > 0

/** A hop that attests or rebinds says by it that it verified. */
const decides = (hop: Hop | undefined): boolean => hop?.forward === 'attested' || hop?.forward === 'rebound' || hop?.forward === 'gateway-only'

/** One hop before the application did it; with several and no witness between them, one of them did. */
function culprits(chain: Chain, path: readonly HopId[], control: ControlId, reason: string, coFaults: readonly Fault[]): Attribution {
  const first = faultOf(chain, path[0]!, control, reason)
  const evidence = [reason, ...coFaults.map((fault) => fault.reason)]
  if (path.length === 1) return whole(first, coFaults, evidence)
  return { ...whole(first, coFaults, evidence), hop: [path[0]!, path.at(-1)!] }
}

function unknown(chain: Chain, { path, application }: Way, attack: Attack, isScripted: boolean): Attribution {
  // A script watches the layer that it is about; with one hop of that layer on the way there is no other.
  if (isScripted && attack.layer === 'application') return whole(faultOf(chain, application, attack.control, `${application} let it in`))
  if (isScripted && attack.layer === 'platform' && path.length === 1) return whole(faultOf(chain, path[0]!, attack.control, `${path[0]} is the only hop before ${application}`))
  const accountable = attack.layer === 'platform' ? path[0]! : application
  const { layer, owner } = faultOf(chain, accountable, attack.control, '')
  return {
    hop: [path[0]!, application],
    layer,
    owner,
    control: attack.control,
    coFaults: [],
    evidence: [`no witness at ${application} saw the request: it happened between ${path[0]} and ${application}`],
  }
}
