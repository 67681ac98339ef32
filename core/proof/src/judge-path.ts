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
    const external = externalOf(route, target)
    if (external === undefined || !route.matches(external)) continue
    if (route !== policy.routes[0] && evades(route, target, policy)) return 'request.target'
    return { target, route, targets: policy.bases.map((base) => targetUnder(base, external)) }
  }
  return 'route.undeclared'
}

const externalOf = (route: RoutePolicy, { normal }: RequestTarget): string | undefined => (route.external ? route.external(normal) : normal)

/** Whether the path is an odd spelling of an earlier route's: the application may answer it as that one, whose clients are others. */
function evades(route: RoutePolicy, target: RequestTarget, { routes }: Policy): boolean {
  return routes.slice(0, routes.indexOf(route)).some((earlier) => {
    const external = externalOf(earlier, target)
    return external !== undefined && earlier.resembles?.(loosely(external)) === true
  })
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
