import { evades, readRequestTarget, type Policy, type RoutePolicy } from '@everyhop/proof'
import type { LoadedSlice } from './read-slice.js'

type InForce = { readonly loaded: LoadedSlice; readonly policy: Policy }

/** The pattern of the route whose refusals are only recorded at `now`, where this target is plainly one of it. For roll-out. */
export function observedRoute(target: string, now: number, { loaded: { slice }, policy }: InForce): string | undefined {
  if (!slice.routes.some(({ observeUntil }) => observeUntil !== undefined)) return undefined
  const read = readRequestTarget(target)
  if (!read) return undefined
  const externalOf = ({ external }: RoutePolicy): string | undefined => (external ? external(read.normal) : read.normal)
  const index = policy.routes.findIndex((route) => {
    const path = externalOf(route)
    return path !== undefined && route.matches(path)
  })
  const route = policy.routes[index]
  // A refusal for another reason may have come before the one for an odd spelling of another route's path.
  const mayBeAnother = route !== undefined && evades(route, read, policy)
  const { observeUntil, pattern } = slice.routes[index] ?? {}
  return !mayBeAnother && observeUntil !== undefined && now < observeUntil ? pattern : undefined
}
