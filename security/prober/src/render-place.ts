import type { Chain, Finding, Position, Report } from '@everyhop/chain'

/** A report with the chain that it is about: the chain knows where in the manifest each part stands. */
export type Reported = { readonly report: Report; readonly chain?: Chain }

/** The hops that a finding blames: one, or the ends of an interval. */
export const hopsOf = ({ hop }: Pick<Finding, 'hop'>): readonly string[] => (typeof hop === 'string' ? [hop] : hop)

export const sayHop = ({ hop }: Pick<Finding, 'hop'>): string => (typeof hop === 'string' ? hop : `between ${hop[0]} and ${hop[1]}`)

/** Where the manifest declares a place; the chain as a whole has its issuer's, the network the team's that answers for it. */
export function positionOf(chain: Chain | undefined, place: string): Position | undefined {
  if (chain === undefined) return undefined
  const [kind, name] = splitOnce(place)
  if (name !== undefined && kind === 'issuer') return chain.issuers.get(name)?.at
  if (name !== undefined && kind === 'client') return chain.clients.get(name)?.at
  if (place === 'network') return chain.teams.get(chain.network ?? '')?.at ?? chain.issuer.at
  return chain.hops.get(place)?.at ?? chain.issuer.at
}

function splitOnce(place: string): readonly [kind: string, name: string | undefined] {
  const colon = place.indexOf(':')
  return colon < 0 ? [place, undefined] : [place.slice(0, colon), place.slice(colon + 1)]
}

/** Plain code point order: the same on every machine, whatever its locale. */
export const inOrder = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0)
