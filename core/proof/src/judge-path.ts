import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import type { Policy, RoutePolicy } from './policy.js'
import { readAttestation, type Attested } from './read-attestation.js'
import { loosely, readRequestTarget, targetUnder, type RequestTarget, type Target } from './target.js'

/** Where in the chain a request arrived: its route, and every external target that its path can stand for. */
export type Place = { readonly target: RequestTarget; readonly route: RoutePolicy; readonly targets: readonly Target[] }

/** Finds the route, or names why the request cannot be judged at all. */
export function findPlace(evidence: Evidence, policy: Policy): Place | Code {
  if (evidence.earlyData) return 'request.early-data'
  if (evidence.trailers) return 'request.trailer'
  const target = readRequestTarget(evidence.target)
  if (!target) return 'request.target'
  for (const route of policy.routes) {
    const external = externalOf(route, target.normal)
    if (external === undefined || !route.matches(external)) continue
    if (evades(route, target, policy)) return 'request.target'
    return { target, route, targets: policy.bases.map((base) => targetUnder(base, external)) }
  }
  return 'route.undeclared'
}

const externalOf = (route: RoutePolicy, path: string): string | undefined => (route.external ? route.external(path) : path)

/**
 * Whether the path is an odd spelling of another route's: the application may answer it as that one, whose clients are others.
 * Some frameworks let `;` begin the query, so that a route behind this one can be meant as well, or none.
 */
export function evades(route: RoutePolicy, { normal }: RequestTarget, { routes }: Policy): boolean {
  const resembles = (other: RoutePolicy, path: string): boolean => {
    const external = externalOf(other, path)
    return external !== undefined && other.resembles?.(loosely(external)) === true
  }
  for (const earlier of routes) {
    if (earlier === route) break
    if (resembles(earlier, normal)) return true
  }
  const end = normal.indexOf(';')
  if (end === -1) return false
  const cut = normal.slice(0, end)
  return route !== routes.find((other) => resembles(other, cut) || other.matches(externalOf(other, cut) ?? ''))
}

/** Whether the request came the way that the route allows. */
export function judgePath(evidence: Evidence, { target, targets, route }: Place, policy: Policy): Attested | Code | undefined {
  const { aliases, everyhopHop, clientCert, contentDigest } = evidence.hop
  if (aliases.length > 0) return 'path.stray'
  if (route.body === 'covered' && !coversContent(contentDigest, evidence.contentSha256)) return 'request.content-digest'
  if (route.mode === 'attested') return readAttestation(evidence, target, targets, route, policy)
  return everyhopHop.length + clientCert.length > 0 ? 'path.stray' : undefined
}

/** `Content-Digest: sha-256=:…:`, once, and that of the content received. RFC 9530 §2. */
const coversContent = (values: readonly string[], actual: string | undefined): boolean =>
  actual !== undefined && values.length === 1 && values[0] === `sha-256=:${actual}:`
