import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import { nextHopsOf, type NextHop, type NextHops } from '../next-hop.js'
import type { ConfigOptions } from './config-options.js'
import { authority, hopName } from './config-values.js'

/** How a gateway reaches a next hop: each value is fit to be written into a configuration. */
export type Way = {
  readonly hop: string
  /** What the link signature names, so what the request is sent under. */
  readonly authority: string
  readonly server: string
  readonly scheme: 'http' | 'https'
}

export type Ways = {
  readonly mode: NextHops['mode']
  readonly ways: readonly Way[]
  /** Whether a route takes certificate-bound tokens, so that TLS asks for certificates. */
  readonly takesCertificates: boolean
  readonly givesNonces: boolean
  /** Whether only clients come here, so that no hop's field can be genuine. */
  readonly isFirst: boolean
  /** Hosts under which requests come in. */
  readonly names: readonly string[]
}

/** What every product's configuration is written from. Throws ConfigError for what would not be safe to write. */
export function waysOf(slice: Slice, options: ConfigOptions): Ways {
  const next = nextHopsOf(slice)
  const ways = next.hops.map((hop) => wayTo(hop, options))
  const takesCertificates = slice.routes.some(({ bindings }) => bindings.includes('mtls'))
  if (takesCertificates && options.clientCa === undefined) {
    throw new ConfigError('config.client-ca', `hop ${slice.hop} has routes for certificate-bound tokens: give the CA of client certificates`)
  }
  if (ways.some(({ scheme }) => scheme === 'https') && options.upstreamCa === undefined) {
    throw new ConfigError('config.upstream-ca', 'a next hop is reached over https: give the CA of its certificate')
  }
  return {
    mode: next.mode,
    ways,
    takesCertificates,
    givesNonces: slice.proof.nonce === 'required' && slice.replayAuthority,
    isFirst: slice.routes.every(({ mode }) => mode !== 'attested'),
    names: namesOf(slice),
  }
}

/** Those of the external bases where clients enter, and that of its own authority where another hop comes before. */
function namesOf({ routes, bases, authority: own }: Slice): readonly string[] {
  const entered = routes.some(({ via }) => via.some((hops) => hops.length === 0)) ? bases.map((base) => new URL(base).hostname) : []
  const called = routes.some(({ via }) => via.some((hops) => hops.length > 0)) ? [authority('the authority of the hop', own).replace(/:\d+$/, '')] : []
  return [...new Set([...entered, ...called].map((name) => authority('the name of the server', name)))]
}

function wayTo(hop: NextHop, { upstreams = {} }: ConfigOptions): Way {
  const given = upstreams[hop.hop] ?? hop.ingress ?? hop.authority
  const [, scheme = 'http', server = ''] = /^(?:(https?):\/\/)?([^/]+)\/?$/.exec(given) ?? []
  const address = authority(`the upstream of ${hop.hop}`, server)
  return {
    hop: hopName(hop.hop),
    authority: authority(`the authority of ${hop.hop}`, hop.authority),
    server: scheme === 'https' && !/:\d+$/.test(address) ? `${address}:443` : address,
    scheme: scheme as Way['scheme'],
  }
}
