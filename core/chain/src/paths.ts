import type { Chain, Hop, HopId, Route } from './chain.js'

type Graph = Pick<Chain, 'hops' | 'routes'>

/** A way through the chain: hop ids from the client inwards, the one that answers last. */
export type Path = readonly HopId[]

/** Every allowed path of a route, the application at its end. */
export const pathsOf = (route: Pick<Route, 'via' | 'application'>): readonly Path[] => route.via.map((via) => [...via, route.application])

/** Where clients enter. */
export const entryHops = (chain: Graph): readonly Hop[] => hopsWhere(chain, (_, index) => index === 0)

/** Those that pass requests on. */
export const forwarders = (chain: Graph): readonly Hop[] => hopsWhere(chain, (path, index) => index < path.length - 1)

/** Those that answer requests, and those that check alone for the hops behind them. */
export const enforcers = (chain: Graph): readonly Hop[] =>
  hopsWhere(chain, (path, index) => index === path.length - 1 || chain.hops.get(path[index] ?? '')?.forward === 'gateway-only')

/** The hops that spend proofs. */
export const replayAuthorities = (chain: Graph): readonly Hop[] => hopsWhere(chain, () => true).filter((hop) => hop.replayAuthority)

/**
 * The stretches of a path over which one proof travels. A hop that rebinds or checks alone ends one;
 * behind a `gateway-only` hop no proof travels, so there is no further segment.
 */
export function segmentsOf(hops: ReadonlyMap<HopId, Pick<Hop, 'forward'>>, path: Path): readonly Path[] {
  const segments: HopId[][] = []
  let current: HopId[] = []
  for (const id of path) {
    current.push(id)
    const forward = hops.get(id)?.forward
    if (forward === 'gateway-only') return [...segments, current]
    if (forward !== 'rebound') continue
    segments.push(current)
    current = []
  }
  return current.length === 0 ? segments : [...segments, current]
}

/** Hops in the order of the manifest that stand somewhere on a path where `matches`. */
function hopsWhere(chain: Graph, matches: (path: Path, index: number) => boolean): readonly Hop[] {
  const found = new Set<HopId>()
  for (const path of chain.routes.flatMap(pathsOf)) {
    for (const [index, id] of path.entries()) {
      if (matches(path, index)) found.add(id)
    }
  }
  return [...chain.hops.values()].filter((hop) => found.has(hop.id))
}
