import {
  BEARER_CONTROL,
  pathsOf,
  type Chain,
  type Client,
  type ForwardMode,
  type Hop,
  type Issuer,
  type Route,
  type Slice,
  type SliceIssuer,
  type SliceRoute,
} from '@everyhop/chain'

/** The slice of each hop that checks or forwards: all but applications that check by other means, or not at all. */
export const compileSlices = (chain: Chain): readonly Slice[] =>
  [...chain.hops.values()].filter((hop) => hop.kind !== 'application' || hop.forward !== undefined).map((hop) => sliceOf(chain, hop))

/** What one hop needs of the chain. */
export function sliceOf(chain: Chain, hop: Hop): Slice {
  const routes = chain.routes.filter((route) => pathsOf(route).some((path) => path.includes(hop.id)))
  const nearest = new Set(routes.flatMap((route) => before(route, hop).map((path) => path.at(-1))))
  const terminators = [...chain.hops.values()].flatMap(({ id, conveys }) => (nearest.has(id) && conveys !== undefined ? [conveys] : []))
  const neighbours = new Set(routes.flatMap((route) => before(route, hop).flat()))
  return {
    version: 1,
    chain: chain.name,
    environment: chain.environment,
    production: chain.production,
    manifest: chain.digest,
    hop: hop.id,
    kind: hop.kind,
    authority: hop.authority,
    bases: [...new Set(routes.flatMap((route) => entriesOf(chain, route, hop)).flatMap(({ bases }) => bases))],
    replayAuthority: hop.replayAuthority,
    issuers: issuersOf(chain, routes),
    proof: {
      algs: chain.policy.proofAlgs,
      maxAge: chain.policy.proofAge,
      maxEarly: chain.policy.proofEarly,
      skew: chain.policy.skew,
      attestationAge: chain.policy.attestationAge,
      nonce: chain.policy.nonce,
      tokenLifetime: chain.policy.tokenLifetime,
    },
    routes: routes.map((route) => routeOf(chain, route, hop)),
    neighbours: [...chain.hops.values()].filter(({ id }) => neighbours.has(id)).map(({ id, keys }) => ({ hop: id, keys })),
    ...(terminators.length === 0 ? {} : { terminators }),
    ...(hop.forward === undefined ? {} : { next: nextOf(chain, routes, hop, hop.forward) }),
    keys: hop.keys,
    waivers: waiversOf(chain, routes),
  }
}

/** The hops before this one on each path that it stands on. */
const before = (route: Route, hop: Hop): readonly (readonly string[])[] =>
  pathsOf(route)
    .filter((path) => path.includes(hop.id))
    .map((path) => path.slice(0, path.indexOf(hop.id)))

const entriesOf = (chain: Chain, route: Route, hop: Hop): readonly Hop[] =>
  before(route, hop).flatMap(([first = hop.id]) => {
    const entry = chain.hops.get(first)
    return entry === undefined ? [] : [entry]
  })

/** The next hop on the route: one and the same on all its paths, as the manifest is checked for. */
function followerOf(chain: Chain, route: Route, hop: Hop): Hop | undefined {
  const path = pathsOf(route).find((candidate) => candidate.includes(hop.id)) ?? []
  return chain.hops.get(path[path.indexOf(hop.id) + 1] ?? '')
}

function routeOf(chain: Chain, route: Route, hop: Hop): SliceRoute {
  const via = before(route, hop)
  const previous = chain.hops.get(via[0]?.at(-1) ?? '')
  const rewrite = via[0]?.map((id) => chain.hops.get(id)?.rewrite).find((found) => found !== undefined)
  const next = followerOf(chain, route, hop)
  const clients = route.clients.flatMap((id) => chain.clients.get(id) ?? [])
  return {
    pattern: route.pattern,
    clients: route.anyClient ? 'any' : clients.map(({ clientId }) => clientId),
    bindings: [...new Set([...clients.flatMap(({ binding }) => binding), ...(route.anyClient ? chain.policy.binding : [])])].sort(),
    audience: route.audience,
    via,
    mode: arrival(previous?.forward),
    ...(next === undefined ? {} : { next: next.id }),
    body: route.body,
    // A hop that forwards says by it that it verified: only the one that answers may record and let pass.
    ...(route.observeUntil === undefined || next !== undefined ? {} : { observeUntil: route.observeUntil }),
    ...(rewrite === undefined ? {} : { rewrite }),
  }
}

/** Behind a hop that checks alone there is nothing to read slices for; a manifest that puts a guard there does not load. */
function arrival(forward: ForwardMode | undefined): SliceRoute['mode'] {
  if (forward === undefined) return 'direct'
  if (forward === 'attested' || forward === 'passthrough') return forward
  throw new TypeError('no proof arrives behind a hop that ends it')
}

function nextOf(chain: Chain, routes: readonly Route[], hop: Hop, mode: ForwardMode): NonNullable<Slice['next']> {
  const followers = new Map(routes.flatMap((route) => followerOf(chain, route, hop) ?? []).map((next) => [next.id, next]))
  return {
    mode,
    hops: [...followers.values()].map(({ id, authority, ingress }) => ({ hop: id, authority, ...(ingress === undefined ? {} : { ingress }) })),
    ...(hop.rewrite === undefined ? {} : { rewrite: hop.rewrite }),
  }
}

/** The issuers whose clients use these routes. Where there are several, each speaks for its own clients only. */
function issuersOf(chain: Chain, routes: readonly Route[]): readonly SliceIssuer[] {
  const users = usersOf(chain, routes)
  const isOnly = chain.issuers.size === 0
  return [[undefined, chain.issuer] as const, ...chain.issuers]
    .map(([name, issuer]) => ({ issuer, clients: users.filter((client) => client.issuer === name).map(({ clientId }) => clientId) }))
    .filter(({ clients }) => isOnly || clients.length > 0)
    .map(({ issuer, clients }) => (isOnly ? sliceIssuer(issuer) : { ...sliceIssuer(issuer), clients }))
}

const usersOf = (chain: Chain, routes: readonly Route[]): readonly Client[] =>
  [...chain.clients.values()].filter(({ id }) => routes.some(({ clients }) => clients.includes(id)))

function sliceIssuer({ url, tokens, jwksUri, revocations, introspection, introspects, grantClaim, extraConfirmation }: Issuer): SliceIssuer {
  return {
    url,
    algs: tokens.algs,
    typ: tokens.typ,
    ...(jwksUri === undefined ? {} : { jwksUri }),
    ...(revocations === undefined ? {} : { revocations }),
    ...(introspection === undefined ? {} : { introspection }),
    ...(introspects === undefined ? {} : { introspects }),
    ...(grantClaim === undefined ? {} : { grantClaim }),
    ...(extraConfirmation ? { extraConfirmation } : {}),
  }
}

/** Those under which a client of these routes uses bearer tokens, expired ones too: the refusal then says so. */
function waiversOf(chain: Chain, routes: readonly Route[]): Slice['waivers'] {
  const users = usersOf(chain, routes)
  return [...chain.waivers.values()]
    .filter(({ control }) => control === BEARER_CONTROL)
    .map((waiver) => ({ waiver, clients: users.filter((client) => client.waiver === waiver.id && waiver.clients.includes(client.id)) }))
    .filter(({ clients }) => clients.length > 0)
    .map(({ waiver, clients }) => ({
      id: waiver.id,
      clients: clients.map(({ clientId }) => clientId),
      routes: waiver.routes,
      audiences: waiver.audiences,
      start: waiver.start,
      end: waiver.end,
      tokenLifetime: Math.min(waiver.compensating.tokenLifetime ?? 0, chain.policy.tokenLifetime),
      networks: waiver.compensating.networks,
    }))
}
