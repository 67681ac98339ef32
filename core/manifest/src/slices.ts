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
    bases: [...new Set(routes.flatMap((route) => basesOf(chain, route, hop)))],
    replayAuthority: hop.replayAuthority,
    issuers: issuersOf(chain, routes),
    proof: {
      algs: chain.policy.proofAlgs,
      maxAge: chain.policy.proofAge,
      maxEarly: chain.policy.proofEarly,
      skew: chain.policy.skew,
      attestationAge: chain.policy.attestationAge,
      // Nonces are for clients: a hop that rebinds proves each request anew, with a clock that is ours.
      nonce: routes.every((route) => rebinders(chain, route, hop).length > 0) ? 'off' : chain.policy.nonce,
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

/** The hops before this one that its segment has, on each path: those behind the last that rebinds. */
const segment = (chain: Chain, route: Route, hop: Hop): readonly (readonly string[])[] =>
  before(route, hop).map((path) => path.slice(path.findLastIndex((id) => chain.hops.get(id)?.forward === 'rebound') + 1))

/** The last hop that rebinds before this one, on each path. */
const rebinders = (chain: Chain, route: Route, hop: Hop): readonly string[] => [
  ...new Set(before(route, hop).flatMap((path) => path.findLast((id) => chain.hops.get(id)?.forward === 'rebound') ?? [])),
]

/** What proofs are made for: the bases that clients call, or that under which a hop that rebinds calls the next. */
const basesOf = (chain: Chain, route: Route, hop: Hop): readonly string[] =>
  segment(chain, route, hop).flatMap(([first = hop.id]) => {
    const entry = chain.hops.get(first)
    if (entry === undefined) return []
    return rebinders(chain, route, hop).length > 0 ? [entry.innerBase ?? ''] : entry.bases
  })

/** The next hop on the route: one and the same on all its paths, as the manifest is checked for. */
function followerOf(chain: Chain, route: Route, hop: Hop): Hop | undefined {
  const path = pathsOf(route).find((candidate) => candidate.includes(hop.id)) ?? []
  return chain.hops.get(path[path.indexOf(hop.id) + 1] ?? '')
}

function routeOf(chain: Chain, route: Route, hop: Hop): SliceRoute {
  const via = segment(chain, route, hop)
  const actors = rebinders(chain, route, hop)
  const previous = chain.hops.get(before(route, hop)[0]?.at(-1) ?? '')
  const rewrite = via[0]?.map((id) => chain.hops.get(id)?.rewrite).find((found) => found !== undefined)
  const next = followerOf(chain, route, hop)
  const clients = route.clients.flatMap((id) => chain.clients.get(id) ?? [])
  return {
    pattern: route.pattern,
    clients: route.anyClient ? 'any' : clients.map(({ clientId }) => clientId),
    // What a hop has exchanged is bound to its key, however the client's was bound.
    bindings:
      actors.length > 0 ? ['dpop'] : [...new Set([...clients.flatMap(({ binding }) => binding), ...(route.anyClient ? chain.policy.binding : [])])].sort(),
    audience: actors.length > 0 ? basesOf(chain, route, hop) : route.audience,
    via,
    ...(actors.length === 0 ? {} : { actors }),
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
  if (forward === undefined || forward === 'rebound') return 'direct'
  if (forward === 'attested' || forward === 'passthrough') return forward
  throw new TypeError('no proof arrives behind a hop that ends it')
}

function nextOf(chain: Chain, routes: readonly Route[], hop: Hop, mode: ForwardMode): NonNullable<Slice['next']> {
  const followers = new Map(routes.flatMap((route) => followerOf(chain, route, hop) ?? []).map((next) => [next.id, next]))
  return {
    mode,
    hops: [...followers.values()].map((next) => nextHop(next, mode)),
    ...(hop.rewrite === undefined ? {} : { rewrite: hop.rewrite }),
  }
}

const nextHop = (next: Hop, mode: ForwardMode): NonNullable<Slice['next']>['hops'][number] => ({
  hop: next.id,
  authority: next.authority,
  ...(next.ingress === undefined ? {} : { ingress: next.ingress }),
  ...(mode === 'rebound' && next.innerBase !== undefined ? { base: next.innerBase } : {}),
})

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
