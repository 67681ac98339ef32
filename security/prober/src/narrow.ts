import type { Chain } from '@everyhop/chain'
import type { Exchange, Sighting } from './attack.js'
import { isMangled, type Sightings } from './attribution.js'
import type { Session, Way } from './session.js'
import type { Transport } from './transport.js'

/**
 * Where no witness stands between two hops, the request is sent once more straight to the inner one: what still arrives mangled was
 * mangled there, and what arrives whole was mangled before it. The sightings, with what is so known of what reached each hop.
 */
export async function narrowed(chain: Chain, way: Way, exchange: Exchange, sightings: Sightings, { session, transport }: Means): Promise<Sightings> {
  const { path, application } = way
  const sighting = sightings.get(application)
  if (exchange.to.at !== 'edge' || path.length < 2 || !isMangled(exchange, sighting)) return sightings
  const found = new Map(sightings)
  for (const hop of path.slice(1).reverse()) {
    if (found.has(hop) || chain.hops.get(hop)?.ingress === undefined) continue
    const again: Exchange = { ...exchange, to: { at: 'direct', hop } }
    const isSent = await transport.send(again, session.victim).then(
      () => true,
      () => false,
    )
    const seen = isSent ? await transport.seen(application, again) : undefined
    if (!seen?.arrived) continue
    if (isMangled(again, seen)) {
      found.set(hop, WHOLE)
      break
    }
    found.set(hop, sighting!)
  }
  return found
}

type Means = { readonly session: Session; readonly transport: Transport }

/** What reached the hop was as the client sent it: here it was the prober that sent it. */
const WHOLE: Sighting = { arrived: true, count: () => 1, intact: () => true, isAsAsked: true }
