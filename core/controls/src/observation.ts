import type { Chain, Team } from '@everyhop/chain'

/** A route whose application records what it refuses and lets it pass, until the end; from then on it enforces again. Hops before it enforce all the time. */
export type Observation = {
  readonly route: string
  /** Epoch seconds; the first moment at which it enforces again. */
  readonly until: number
  /** The team of the application that answers on the route. */
  readonly owner: Team
  readonly isInForce: boolean
}

/** Every route that the chain observes, or did. Throws where a route or hop names what the chain lacks, which a manifest that loads never does. */
export const observationsOf = (chain: Chain, now: number): readonly Observation[] =>
  chain.routes.flatMap(({ pattern, application, observeUntil }) => {
    if (observeUntil === undefined) return []
    const owner = chain.teams.get(chain.hops.get(application)?.owner ?? '')
    if (owner === undefined) throw new TypeError(`nobody owns the application of ${pattern}`)
    return [{ route: pattern, until: observeUntil, owner, isInForce: now < observeUntil }]
  })

/** One sentence for whoever asks, in RFC 3339 time. */
export function sayObservation({ route, until, owner, isInForce }: Observation): string {
  const end = new Date(until * 1_000).toISOString().replace('.000Z', 'Z')
  return isInForce
    ? `${route} is observed until ${end} by ${owner.id} (${owner.contact}): what its application refuses is recorded and goes on, and nothing is proven of it`
    : `${route} was observed until ${end}: it enforces again`
}
