import type { Chain } from '@everyhop/chain'
import type { Answer, Exchange } from './attack.js'
import { culprits, faultOf, lostCredentials, ofIssuer, whole, type Attribution, type Fault, type Sightings } from './attribution.js'
import { decode } from './jose.js'
import { describe } from './judge-answer.js'
import type { Way } from './session.js'

export type Refused = {
  readonly attribution: Attribution
  /** Whether a hop lost what the client sent: then the chain is broken. Else it only gave no answer to judge by. */
  readonly isBroken: boolean
}

/** Whose it is that an honest request was refused: the hop that lost the proof, else the one that says so, else the last that the request reached. */
export function attributeRefusal(
  chain: Chain,
  way: Way,
  { exchange, answer }: { readonly exchange: Exchange; readonly answer: Answer },
  sightings: Sightings,
): Refused {
  const { path, application, route } = way
  const said = `an honest request was ${describe(answer)}`
  if (isUnbound(exchange)) {
    const { evidence, ...issuer } = ofIssuer(chain, { control: 'POP-ID-01' }, 'the issuer gave a token that is bound to no key to a client that proved one')
    return { attribution: { ...issuer, evidence: [...evidence, said] }, isBroken: true }
  }
  const rebinder = path.find((hop) => chain.hops.get(hop)?.forward === 'rebound')
  const ofTheHop = rebinder === undefined ? undefined : refusedRebinder(chain, way, rebinder, answer)
  if (ofTheHop !== undefined) return { attribution: whole(ofTheHop, [], [said, ofTheHop.reason]), isBroken: true }
  // Where a hop rebinds, what the client sent is not to arrive.
  const lost = rebinder === undefined ? lostCredentials(exchange, [...sightings.values()]) : []
  if (path.length > 0 && lost.length > 0) {
    const names = lost.join(' and ')
    const isBad = (hop: string) => lostCredentials(exchange, sightings.get(hop)).length > 0
    return {
      attribution: culprits(chain, way, sightings, { control: 'POP-PL-02', reason: `${names} did not arrive as the client sent it`, isBad, evidence: [said] }),
      isBroken: true,
    }
  }
  const sighting = sightings.get(application)
  const neighbour = path.at(-1)
  if (neighbour !== undefined && route.mode === 'attested' && sighting?.arrived && sighting.count('everyhop-hop') === 0) {
    const fault = faultOf(chain, neighbour, 'POP-PL-02', `${neighbour} passed the request on without its attestation`)
    return { attribution: whole(fault, [], [fault.reason, said]), isBroken: true }
  }
  const refuser = [...path, application].indexOf(answer.hop ?? '')
  if (answer.code === 'path.unexpected' && refuser > 0) {
    const fault = faultOf(chain, path[0]!, 'POP-PL-02', `it came to ${answer.hop} over other hops than ${path.slice(0, refuser).join(' and ')}, in this order`)
    return { attribution: { ...whole(fault, [], [said, fault.reason]), hop: [path[0]!, answer.hop!] }, isBroken: false }
  }
  return { attribution: unanswered(chain, way, answer, sightings, said), isBroken: false }
}

/** Behind a hop that rebinds it is the hop that has to prove something: a refusal of credentials there is of its own. */
function refusedRebinder(chain: Chain, { path, application }: Way, rebinder: string, { code, hop }: Answer): Fault | undefined {
  const behind = [...path, application].slice(path.indexOf(rebinder) + 1)
  if (hop === undefined || !behind.includes(hop) || !/^(?:token|proof)\./.test(code ?? '')) return undefined
  return faultOf(chain, rebinder, 'POP-PL-02', `what ${rebinder} proves in place of the client was no good at ${hop}`)
}

/** Whether the token, where it can be read, is bound to nothing although a proof came with it. RFC 9449 §6. */
function isUnbound({ authorization: [credential = ''], dpop }: Exchange): boolean {
  const { claims } = decode(credential.replace(/^\S+ /, ''))
  return dpop.length > 0 && claims['iss'] !== undefined && claims['cnf'] === undefined
}

function unanswered(chain: Chain, { path, application }: Way, answer: Answer, sightings: Sightings, said: string): Attribution {
  const named = answer.hop !== undefined && chain.hops.has(answer.hop) ? answer.hop : undefined
  const reached = [...path, application].filter((hop) => sightings.get(hop)?.arrived)
  const last = named ?? reached.at(-1)
  const seen = [...sightings].map(([hop, { arrived }]) => (arrived ? `it reached ${hop}` : `it did not reach ${hop}`))
  const from = last ?? path[0] ?? application
  const unreached = [...path, application].findIndex((hop) => sightings.has(hop) && !sightings.get(hop)!.arrived)
  const to = named ?? (reached.at(-1) === application ? application : unreached > 0 ? [...path, application][unreached - 1]! : application)
  const owner = faultOf(chain, from, 'POP-PL-02', said).owner
  const fault = faultOf(chain, from, owner.layer === 'application' ? 'POP-AP-01' : 'POP-PL-02', said)
  return { ...whole(fault, [], [said, ...seen]), hop: from === to ? from : [from, to] }
}
