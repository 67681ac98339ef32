import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import type { Policy, RoutePolicy } from './policy.js'
import type { Credential } from './read-authorization.js'
import type { Token } from './read-token.js'

type Request = {
  readonly evidence: Evidence
  readonly place: { readonly route: RoutePolicy }
  readonly policy: Policy
  readonly credential: Credential
}

/** An unbound token passes only under a waiver in force that names its client, and its audience or route. */
export function judgeWaiver({ evidence, place, policy, credential }: Request, token: Token): { readonly binding: 'bearer'; readonly waiver: string } | Code {
  const named = policy.waivers.filter(({ client }) => client === token.client)
  if (named.length === 0 || credential.scheme !== 'bearer') return 'token.unbound'
  if (evidence.dpop.length > 0) return 'proof.unexpected'
  const inForce = named.filter(({ from, until }) => from <= evidence.now && evidence.now < until)
  if (inForce.length === 0) return 'waiver.expired'
  // An audience covers where it is also the route's: the token may have others, for other places.
  const here = token.aud.filter((aud) => place.route.audiences.has(aud))
  const covering = inForce.find(({ routes, audiences }) => routes.has(place.route.pattern) || here.some((aud) => audiences.has(aud)))
  if (!covering) return 'waiver.scope'
  if (token.iat === undefined || !(token.exp - token.iat <= covering.maxLifetime)) return 'waiver.lifetime'
  // Only the hop where clients arrive sees their address. An attestation says that it did; a hop that passes through says nothing.
  const isOutside = covering.networks && place.route.mode !== 'attested' && !(evidence.peer !== undefined && covering.networks.has(evidence.peer))
  return isOutside ? 'waiver.network' : { binding: 'bearer', waiver: covering.id }
}
