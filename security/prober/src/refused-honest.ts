import type { Chain } from '@everyhop/chain'
import type { Answer, Exchange, Sighting } from './attack.js'
import type { Attribution } from './attribution.js'
import { describe } from './judge-answer.js'
import type { Way } from './session.js'

/** Whose it is that an honest request was refused: the hop that says so, or the last that the request reached. */
export function attributeRefusal(chain: Chain, way: Way, { answer }: { readonly exchange: Exchange; readonly answer: Answer }, sighting: Sighting | undefined): Attribution {
  const { path, application } = way
  const named = answer.hop !== undefined && chain.hops.has(answer.hop) ? answer.hop : undefined
  const hop = named ?? (sighting?.arrived || path.length === 0 ? application : path[0]!)
  const owner = chain.teams.get(chain.hops.get(hop)!.owner)!
  const isInterval = named === undefined && sighting === undefined && path.length > 0
  const isFarther = named === undefined && sighting !== undefined && !sighting.arrived && path.length > 1
  return {
    hop: isInterval ? [path[0]!, application] : isFarther ? [path[0]!, path.at(-1)!] : hop,
    layer: owner.layer,
    owner,
    control: owner.layer === 'application' ? 'POP-AP-01' : 'POP-PL-02',
    coFaults: [],
    evidence: [
      `an honest request was ${describe(answer)}`,
      ...(sighting === undefined ? [] : [sighting.arrived ? `it reached ${application}` : `it did not reach ${application}`]),
    ],
  }
}
