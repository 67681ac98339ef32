import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import type { Policy, RoutePolicy, WaiverPolicy } from './policy.js'
import type { Credential } from './read-authorization.js'
import type { Token } from './read-token.js'

type Request = {
  readonly evidence: Evidence
  readonly place: { readonly route: RoutePolicy }
  readonly policy: Policy
  readonly credential: Credential
}

/** Whether some token bound to nothing could pass here at all: a waiver in force for this route and, as far as that is known, this address. */
export const mayBeWaived = ({ evidence, place, policy }: Request): boolean =>
  policy.waivers.some(
    (waiver) => isInForce(waiver, evidence.now) && covers(waiver, place.route, place.route.audiences) && isInside(waiver, evidence, place.route),
  )

/** An unbound token passes only under a waiver in force that names its client, and its audience or route. */
export function judgeWaiver({ evidence, place, policy, credential }: Request, token: Token): { readonly binding: 'bearer'; readonly waiver: string } | Code {
  const named = policy.waivers.filter(({ client }) => client === token.client)
  if (named.length === 0 || credential.scheme !== 'bearer') return 'token.unbound'
  if (evidence.dpop.length > 0) return 'proof.unexpected'
  const inForce = named.filter((waiver) => isInForce(waiver, evidence.now))
  if (inForce.length === 0) return 'waiver.expired'
  const covering = inForce.find((waiver) => covers(waiver, place.route, token.aud))
  if (!covering) return 'waiver.scope'
  // Without iat nothing is known of the token's life, and NaN holds no claim.
  if (!(token.exp - (token.iat ?? NaN) <= covering.maxLifetime)) return 'waiver.lifetime'
  return isInside(covering, evidence, place.route) ? { binding: 'bearer', waiver: covering.id } : 'waiver.network'
}

const isInForce = ({ from, until }: WaiverPolicy, now: number): boolean => from <= now && now < until

/** An audience covers where it is also the route's: the token may have others, for other places. */
function covers({ routes, audiences }: WaiverPolicy, route: RoutePolicy, tokens: Iterable<string>): boolean {
  if (routes.has(route.pattern)) return true
  for (const audience of tokens) if (route.audiences.has(audience) && audiences.has(audience)) return true
  return false
}

/** Only the hop where clients arrive sees their address. An attestation says that it did; a hop that passes through says nothing. */
const isInside = ({ networks }: WaiverPolicy, { peer }: Evidence, { mode }: RoutePolicy): boolean =>
  networks === undefined || mode === 'attested' || (peer !== undefined && networks.has(peer))
