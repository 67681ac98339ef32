import { BlockList, isIP } from 'node:net'
import { routePattern, type Slice, type SliceIssuer, type SliceRoute } from '@everyhop/chain'
import {
  importJwk,
  loosely,
  readAuthority,
  readJwk,
  readTarget,
  type HopKeys,
  type IssuerPolicy,
  type Policy,
  type RoutePolicy,
  type WaiverPolicy,
} from '@everyhop/proof'
import { ConfigError } from './config-error.js'
import type { Nonces } from './nonces.js'

/** Turns a slice into what the engine decides by. Throws ConfigError where the slice could not protect what it names. */
export function compilePolicy(slice: Slice, nonces: Nonces | undefined): Policy {
  const bases = slice.bases.map((base) => {
    const target = readTarget(base)
    if (!target) throw new ConfigError('config.base', `an external base of hop ${slice.hop} is not a plain http(s) URI`)
    return target
  })
  if (bases.length === 0) throw new ConfigError('config.base-missing', `hop ${slice.hop} has no external base to compare proofs with`)
  const authority = readAuthority('http', slice.authority)
  if (authority === undefined) throw new ConfigError('config.authority', `the authority of hop ${slice.hop} is not host or host:port`)
  if (slice.proof.nonce === 'required' && slice.replayAuthority && !nonces) {
    throw new ConfigError('config.nonce-secret', 'the policy requires nonces: give a nonceSecret of at least 32 bytes')
  }

  return Object.freeze({
    hop: slice.hop,
    issuers: new Map(slice.issuers.map((issuer) => [issuer.url, issuerPolicy(issuer, slice)])),
    bases,
    routes: slice.routes.map(compileRoute),
    proofAlgs: withNames(slice.proof.algs),
    maxAge: slice.proof.maxAge,
    maxEarly: slice.proof.maxEarly ?? slice.proof.skew,
    skew: slice.proof.skew,
    maxAttestationAge: slice.proof.attestationAge,
    spends: slice.replayAuthority,
    ...(nonces && slice.proof.nonce === 'required' && slice.replayAuthority ? { nonce: nonces } : {}),
    hops: new Map(slice.neighbours.map((neighbour) => [neighbour.hop, hopKeys(neighbour)])),
    authority,
    waivers: slice.waivers.flatMap(compileWaiver),
  })
}

const issuerPolicy = ({ url, algs, typ, clients, extraConfirmation, grantClaim }: SliceIssuer, { proof }: Slice): IssuerPolicy => ({
  issuer: url,
  algs: withNames(algs),
  typs: new Set(typ),
  maxLifetime: proof.tokenLifetime,
  extraConfirmation: extraConfirmation === true,
  ...(grantClaim === undefined ? {} : { grantClaim }),
  ...(clients === undefined ? {} : { clients: new Set(clients) }),
})

/** `Ed25519` is the fully specified name (RFC 9864) of what `EdDSA` means here: both are accepted, on purpose. */
function withNames<A extends string>(algs: readonly A[]): ReadonlySet<A | 'Ed25519'> {
  return new Set<A | 'Ed25519'>(algs.some((alg) => alg === 'EdDSA') ? [...algs, 'Ed25519'] : algs)
}

/** Any client of a declared issuer: its token must be bound all the same. */
const ANYONE: RoutePolicy['clients'] = { has: () => true }

function compileRoute(route: SliceRoute): RoutePolicy {
  const { rewrite } = route
  return {
    pattern: route.pattern,
    matches: routePattern(route.pattern),
    resembles: routePattern(loosely(route.pattern)),
    clients: route.clients === 'any' ? ANYONE : new Set(route.clients),
    bindings: new Set(route.bindings),
    audiences: new Set(route.audience),
    via: route.via,
    ...(route.actors === undefined ? {} : { actors: new Set(route.actors) }),
    mode: route.mode,
    body: route.body,
    ...(rewrite === undefined ? {} : { external: (path: string) => (isUnder(path, rewrite.to) ? rewrite.from + path.slice(rewrite.to.length) : undefined) }),
  }
}

const isUnder = (path: string, prefix: string): boolean => path === prefix || path.startsWith(prefix.endsWith('/') ? prefix : `${prefix}/`)

function hopKeys({ hop, keys }: Slice['neighbours'][number]): HopKeys {
  const imported = keys.map((jwk) => {
    const read = readJwk(jwk)
    const key = typeof read === 'string' ? undefined : importJwk(read)
    if (typeof read === 'string' || !key) throw new ConfigError('config.hop-key', `a key of hop ${hop} is not a public P-256 or Ed25519 key`)
    return [read.jkt, key] as const
  })
  return { hop, keys: new Map(imported) }
}

/** A waiver names clients; the engine asks by client. */
function compileWaiver(waiver: Slice['waivers'][number]): readonly WaiverPolicy[] {
  const networks = waiver.networks.length === 0 ? undefined : blockList(waiver.networks)
  return waiver.clients.map((client) => ({
    id: waiver.id,
    client,
    from: waiver.start,
    until: waiver.end,
    routes: new Set(waiver.routes),
    audiences: new Set(waiver.audiences),
    maxLifetime: waiver.tokenLifetime,
    ...(networks === undefined ? {} : { networks }),
  }))
}

function blockList(networks: readonly string[]): { readonly has: (address: string) => boolean } {
  const list = new BlockList()
  for (const network of networks) {
    const [address = '', bits] = network.split('/')
    const [family, longest] = isIP(address) === 6 ? (['ipv6', 128] as const) : (['ipv4', 32] as const)
    const length = bits === undefined ? longest : Number(bits)
    const isBlock = isIP(address) !== 0 && Number.isInteger(length) && length >= 0 && length <= longest && bits !== ''
    if (!isBlock) throw new ConfigError('config.network', `${network} is not an address block such as 10.0.0.0/8`)
    list.addSubnet(address, length, family)
  }
  return {
    has(address) {
      const plain = address.startsWith('::ffff:') ? address.slice(7) : address
      return isIP(plain) !== 0 && list.check(plain, isIP(plain) === 6 ? 'ipv6' : 'ipv4')
    },
  }
}
