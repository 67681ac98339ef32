import { pathsOf, routePattern, type Chain, type Hop, type Route } from '@everyhop/chain'
import { importJwk, loosely, readJwk, readTarget, suits, thumbprintOf, type HopKeys, type Policy, type RoutePolicy } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'
import { clientsById } from '../registrations.js'

/** What a hop may exchange: the requests that reach it over declared routes, and the audiences that it may have for each. */
export type Exchanger = {
  readonly hop: string
  readonly keys: HopKeys['keys']
  /** By which the client's request is judged once more. */
  readonly policy: Policy
  /** The next hop's, by route pattern. */
  readonly audiences: ReadonlyMap<string, ReadonlySet<string>>
}

/** Every hop that may exchange tokens, by the `client_id` that it has here: its id. */
export const exchangersOf = (chain: Chain): ReadonlyMap<string, Exchanger> =>
  new Map([...chain.hops.values()].filter(({ forward }) => forward === 'rebound').map((hop) => [hop.id, exchangerOf(chain, hop)]))

function exchangerOf(chain: Chain, hop: Hop): Exchanger {
  const places = chain.routes.flatMap((route) => placeOf(chain, route, hop) ?? [])
  const { policy, issuer } = chain
  const names = (algs: readonly string[]) => new Set(algs.includes('EdDSA') ? [...algs, 'Ed25519'] : algs) as Policy['proofAlgs']
  return {
    hop: hop.id,
    keys: keysOf(hop),
    audiences: new Map(places.map(({ route, audiences }) => [route.pattern, audiences])),
    policy: {
      hop: hop.id,
      issuers: new Map([
        [
          issuer.url,
          {
            issuer: issuer.url,
            algs: names(issuer.tokens.algs),
            typs: new Set(issuer.tokens.typ),
            maxLifetime: policy.tokenLifetime,
            extraConfirmation: issuer.extraConfirmation,
          },
        ],
      ]),
      bases: [...new Set(places.flatMap(({ bases }) => bases))].flatMap((base) => readTarget(base) ?? []),
      routes: places.map(({ route }) => route),
      proofAlgs: names(policy.proofAlgs),
      // The hop has judged it already, and asks at once: what was young enough there may be a little older here.
      maxAge: policy.proofAge + policy.skew,
      maxEarly: policy.proofEarly,
      skew: policy.skew,
      spends: true,
      hops: new Map([...chain.hops.values()].filter(({ forward }) => forward === 'rebound').map((one) => [one.id, { hop: one.id, keys: keysOf(one) }])),
      authority: hop.authority,
      waivers: [],
      maxAttestationAge: policy.attestationAge,
    },
  }
}

type PlaceAt = { readonly route: RoutePolicy; readonly bases: readonly string[]; readonly audiences: ReadonlySet<string> }

/** Where the hop stands on a route: whoever comes before it there rebinds too, as the manifest is checked for. */
function placeOf(chain: Chain, route: Route, hop: Hop): PlaceAt | undefined {
  const paths = pathsOf(route).filter((path) => path.includes(hop.id))
  if (paths.length === 0) return undefined
  const before = [...new Set(paths.flatMap((path) => path[path.indexOf(hop.id) - 1] ?? []))]
  const isFirst = before.length === 0
  const inner = hop.innerBase === undefined ? [] : [hop.innerBase]
  const byId = clientsById(chain)
  const clients = [...byId.values()].filter(({ id }) => route.clients.includes(id))
  return {
    bases: isFirst ? hop.bases : inner,
    audiences: new Set(paths.flatMap((path) => chain.hops.get(path[path.indexOf(hop.id) + 1] ?? '')?.innerBase ?? [])),
    route: {
      pattern: route.pattern,
      matches: routePattern(route.pattern),
      resembles: routePattern(loosely(route.pattern)),
      clients: new Set(clients.map(({ clientId }) => clientId)),
      bindings: new Set(isFirst ? clients.flatMap(({ binding }) => binding) : ['dpop']),
      audiences: new Set(isFirst ? route.audience : inner),
      via: [[]],
      ...(isFirst ? {} : { actors: new Set(before) }),
      mode: 'direct',
      body: 'uncovered',
    },
  }
}

function keysOf({ id, keys }: Hop): HopKeys['keys'] {
  const imported = keys.map((jwk) => {
    const read = readJwk(jwk)
    const key = typeof read === 'string' ? undefined : importJwk(read)
    if (!key || !(suits(key, 'ES256') || suits(key, 'EdDSA')))
      throw new ConfigError('config.hop-key', `a key of hop ${id} is not a public P-256 or Ed25519 key`)
    return [thumbprintOf(key), key] as const
  })
  return new Map(imported)
}
