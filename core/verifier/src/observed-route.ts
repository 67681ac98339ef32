import { loosely, readRequestTarget, type Code, type Policy, type RoutePolicy } from '@everyhop/proof'
import type { LoadedSlice } from './read-slice.js'

/** After these it is not known for which route the request was meant: it may be another route's, which is not observed. */
const PLACELESS: ReadonlySet<Code> = new Set(['request.target', 'route.undeclared'])

type InForce = { readonly loaded: LoadedSlice; readonly policy: Policy }

/** The pattern of the route whose refusals are only recorded at `now`, where the refused request came on one. For roll-out. */
export function observedRoute(target: string, code: Code, now: number, { loaded: { slice }, policy }: InForce): string | undefined {
  if (PLACELESS.has(code) || !slice.routes.some(({ observeUntil }) => observeUntil !== undefined)) return undefined
  const read = readRequestTarget(target)
  if (!read) return undefined
  const externalOf = ({ external }: RoutePolicy): string | undefined => (external ? external(read.normal) : read.normal)
  const index = policy.routes.findIndex((route) => {
    const path = externalOf(route)
    return path !== undefined && route.matches(path)
  })
  // An odd spelling of an earlier route's path: the application may answer it as that one, and a refusal for another reason may have come first.
  const mayBeAnother = policy.routes.slice(0, Math.max(index, 0)).some((earlier) => {
    const path = externalOf(earlier)
    return path !== undefined && earlier.resembles?.(loosely(path)) === true
  })
  const { observeUntil, pattern } = slice.routes[index] ?? {}
  return !mayBeAnother && observeUntil !== undefined && now < observeUntil ? pattern : undefined
}
