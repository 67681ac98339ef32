import { evades, readRequestTarget, type Policy } from '@everyhop/proof'
import type { LoadedSlice } from './read-slice.js'

type InForce = { readonly loaded: LoadedSlice; readonly policy: Policy }

/** The pattern of the route whose refusals are only recorded at `now`, where this target is plainly one of it. For roll-out. */
export function observedRoute(target: string, now: number, { loaded: { slice }, policy }: InForce): string | undefined {
  if (!slice.routes.some(({ observeUntil }) => observeUntil !== undefined)) return undefined
  const read = readRequestTarget(target)
  if (!read) return undefined
  const placeOf = (normal: string): number =>
    policy.routes.findIndex(({ external, matches }) => {
      const path = external ? external(normal) : normal
      return path !== undefined && matches(path)
    })
  const index = placeOf(read.normal)
  const route = policy.routes[index]
  // A refusal for another reason may have come before the one for an odd spelling of another route's path. And where a slash is
  // unescaped before the route is found, one segment is two.
  const mayBeAnother = route !== undefined && (evades(route, read, policy) || placeOf(read.normal.replace(ESCAPED_SLASH, '/')) !== index)
  const { observeUntil, pattern } = slice.routes[index] ?? {}
  return !mayBeAnother && observeUntil !== undefined && now < observeUntil ? pattern : undefined
}

const ESCAPED_SLASH = /%(?:25)*2F/gi
