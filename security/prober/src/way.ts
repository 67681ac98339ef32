import { routePattern, type Chain } from '@everyhop/chain'
import type { Way } from './session.js'

/** The way to the canary resource: the first allowed path of the route that it lies on. Throws TypeError where there is none. */
export function wayTo(chain: Chain, resource: string): Way {
  const route = chain.routes.find(({ pattern }) => routePattern(pattern)(resource))
  const path = route?.via[0]
  if (!route || !path) throw new TypeError(`no route of the manifest leads to the canary resource ${resource}`)
  const entry = chain.hops.get(path[0] ?? route.application)
  const base = entry?.bases[0]
  if (!entry || base === undefined) throw new TypeError(`the hop where clients enter for ${route.pattern} has no base`)
  return { route, path, entry: { hop: entry.id, base }, application: route.application }
}
