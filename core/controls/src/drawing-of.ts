import { pathsOf, type Chain, type ForwardMode } from '@everyhop/chain'
import { issuerPlaces } from './places.js'

/** What is drawn of a chain, whatever it is drawn with: its issuers, and one row of boxes for each way through it. */
export type Drawing = {
  readonly issuers: readonly { readonly place: string; readonly url: string; readonly owner: string; readonly contact: string }[]
  readonly ways: readonly {
    /** `/orders/** (AL2)`: the routes that go this way. */
    readonly routes: readonly string[]
    readonly boxes: readonly Box[]
    /** What goes from each box to the next. */
    readonly arrows: readonly ('proof' | ForwardMode)[]
  }[]
}

export type Box = {
  /** Absent on the client's, which has no verdict. */
  readonly hop?: string
  /** The name first. */
  readonly lines: readonly string[]
}

export function drawingOf(chain: Chain): Drawing {
  const rows = new Map<string, { readonly path: readonly string[]; readonly routes: string[] }>()
  for (const route of chain.routes) {
    for (const path of pathsOf(route)) {
      const key = path.join('>')
      const row = rows.get(key) ?? { path, routes: [] }
      row.routes.push(`${route.pattern} (${route.level}${route.observeUntil === undefined ? '' : `, observed until ${dayOf(route.observeUntil)}`})`)
      rows.set(key, row)
    }
  }
  return {
    issuers: issuerPlaces(chain).map(([place, { url, owner }]) => ({ place, url, owner, contact: chain.teams.get(owner)?.contact ?? '' })),
    ways: [...rows.values()].map(({ path, routes }) => ({
      routes,
      boxes: [{ lines: ['client', chain.policy.binding.join(', ')] }, ...path.map((id) => boxOf(chain, id))],
      arrows: ['proof', ...path.slice(0, -1).map((id) => chain.hops.get(id)?.forward ?? 'passthrough')] as readonly ('proof' | ForwardMode)[],
    })),
  }
}

function boxOf(chain: Chain, id: string): Box {
  const hop = chain.hops.get(id)
  const team = chain.teams.get(hop?.owner ?? '')
  return { hop: id, lines: [id, hop?.kind ?? '', `${team?.id ?? ''} (${team?.layer ?? ''})`, team?.contact ?? ''] }
}

/** What an observed route is drawn with: the drawing has no clock, so the end speaks for itself. */
const dayOf = (epochSeconds: number): string => new Date(epochSeconds * 1_000).toISOString().slice(0, 10)
