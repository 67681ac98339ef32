import { waiverCovers, type Route } from '@everyhop/chain'
import type { Exchange, Ingress, Lab } from '../attack.js'
import type { Bearer } from './bearer-of.js'
import { covers } from './covers.js'

/** A way on which a bearer token has no business. */
export type OffRoute = { readonly route: Route; readonly to: Ingress; readonly base: string; readonly target: string }

/**
 * Every way of every route that the waiver does not cover and that is not observed, where what is let in shows nothing. After its end it covers none, and the probe's own route is left to the attack on that.
 * The canary of another route is expected under the name that it has on the probe's own.
 */
export function otherRoutes({ chain, kit }: Lab, { target }: Exchange, { client, waiver, token, isOver }: Bearer): readonly OffRoute[] {
  const [path = '', query = ''] = target.split('?')
  const own = chain.routes.find(({ pattern }) => covers(pattern, path))
  const name = path.split('/').at(-1) ?? ''
  const isCovered = ({ pattern, audience }: Route): boolean =>
    waiverCovers(waiver, { client: client.id, route: pattern, audiences: audience.filter((one) => [token.claims['aud']].flat().includes(one)) })
  const entryOf = (one: Route | undefined): string | undefined => one && (one.via[0]?.[0] ?? one.application)
  return chain.routes
    .filter(({ observeUntil = 0 }) => !(kit.now < observeUntil))
    .filter((route) => (isOver ? route !== own : !isCovered(route)))
    .flatMap((route) => {
      const entries = [...new Set(route.via.map(([first = route.application]) => first))]
      return entries.map((entry) => ({
        route,
        to: entry === entryOf(own) ? ({ at: 'edge' } as const) : ({ at: 'base', hop: entry } as const),
        base: entry === entryOf(own) ? kit.base : (chain.hops.get(entry)?.bases[0] ?? '').replace(/\/$/, ''),
        target: `${route === own ? path : route.pattern.replaceAll(/\*+/g, name)}?${query}`,
      }))
    })
}

/** Every declared way other than the probe's own, none of them observed, with the name of the canary on it. */
export function declaredRoutes({ chain, kit }: Lab, { target }: Exchange): readonly Pick<OffRoute, 'route' | 'to' | 'target'>[] {
  const [path = '', query = ''] = target.split('?')
  const own = chain.routes.find(({ pattern }) => covers(pattern, path))
  const ownEntry = own?.via[0]?.[0] ?? own?.application
  const name = path.split('/').at(-1) ?? ''
  return chain.routes
    .filter((route) => route !== own && !(kit.now < (route.observeUntil ?? 0)))
    .map((route) => {
      const entry = route.via[0]?.[0] ?? route.application
      const to = entry === ownEntry ? ({ at: 'edge' } as const) : ({ at: 'base', hop: entry } as const)
      return { route, to, target: `${route.pattern.replaceAll(/\*+/g, name)}?${query}` }
    })
}
