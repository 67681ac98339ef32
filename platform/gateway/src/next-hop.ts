import type { Slice } from '@everyhop/chain'
import { readAuthority, type RequestTarget } from '@everyhop/proof'
import { ConfigError } from '@everyhop/verifier'

/** Where a request goes from here: all of it from the slice, nothing from the request. */
export type NextHop = {
  readonly hop: string
  /** The authority that the link signature names and that the request is sent under. */
  readonly authority: string
  readonly ingress?: string
  /** The URL under which it is called, where this hop rebinds. */
  readonly base?: string
}

export type NextHops = {
  readonly mode: NonNullable<Slice['next']>['mode']
  readonly hops: readonly NextHop[]
  /** By route pattern. */
  readonly of: (pattern: string) => NextHop | undefined
  /** The path as the next hop receives it; undefined where the declared rewrite does not apply to it. */
  readonly pathOf: (target: RequestTarget) => string | undefined
}

/** Throws ConfigError where the slice does not say where a route goes, or in a way that this gateway does not have. */
export function nextHopsOf(slice: Slice): NextHops {
  const { next } = slice
  if (!next || next.hops.length === 0) throw new ConfigError('config.next', `hop ${slice.hop} forwards nothing: it needs no gateway`)
  if (next.mode !== 'attested') {
    if (slice.routes.some(({ mode }) => mode === 'attested')) {
      throw new ConfigError('config.mode', `hop ${slice.hop} gets attested requests: it can only pass them on with forward "attested"`)
    }
    if (next.mode === 'passthrough' && slice.routes.some(({ bindings }) => bindings.includes('mtls'))) {
      throw new ConfigError('config.mode', `hop ${slice.hop} ends TLS, so certificates cannot pass through it: say forward "attested"`)
    }
  }
  const byHop = new Map(next.hops.map((hop) => [hop.hop, checked(slice, hop)]))
  const byPattern = new Map<string, NextHop>()
  for (const route of slice.routes) {
    const hop = byHop.get(route.next ?? '')
    if (!hop) throw new ConfigError('config.next', `hop ${slice.hop}: the slice does not say where route ${route.pattern} goes`)
    if (!byPattern.has(route.pattern)) byPattern.set(route.pattern, hop)
  }
  const { rewrite } = next
  return {
    mode: next.mode,
    hops: [...byHop.values()],
    of: (pattern) => byPattern.get(pattern),
    pathOf({ path }) {
      if (!rewrite) return path
      const { from, to } = rewrite
      const isUnder = path === from || path.startsWith(from.endsWith('/') ? from : `${from}/`)
      return isUnder ? to + path.slice(from.length) : undefined
    },
  }
}

function checked(slice: Slice, hop: NextHop): NextHop {
  if (readAuthority('http', hop.authority) !== hop.authority) {
    throw new ConfigError('config.authority', `hop ${slice.hop}: the authority of ${hop.hop} is not host or host:port in lower case`)
  }
  return hop
}
