import { refusalOf, refuse, readAuthority } from '@everyhop/proof'
import { ConfigError, type LoadedSlice } from '@everyhop/verifier'
import { createDecider, type DeciderOptions, type Observed, type Ruling } from '../decider.js'
import { answer, answerPlainly, type Exchange } from './exchange.js'
import { forward } from './forward.js'
import { createHttp1 } from './http1.js'
import { createHttp2 } from './http2.js'
import { limitsOf, type Limits } from './limits.js'
import { listen } from './listener.js'
import type { TlsMaterial } from './server-names.js'
import { readCovered } from './read-covered.js'
import { createUpstreams, type UpstreamOptions } from './upstreams.js'

export type ProxyOptions = DeciderOptions & {
  readonly tls: TlsMaterial
  readonly host?: string
  /** Default 0: one that is free. */
  readonly port?: number
  /** Where each next hop is reached, `host:port` or `https://host:port`, by hop id; default its ingress or authority. */
  readonly upstreams?: Readonly<Record<string, string>>
  readonly upstreamTls?: UpstreamOptions['tls']
  readonly limits?: Partial<Limits>
}

export type ReverseProxy = {
  readonly url: string
  /** Resolves once the issuer's keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another slice, and other certificates, in force; throws ConfigError, and keeps the old ones, where they are no good. */
  readonly reload: (slice: LoadedSlice, tls?: TlsMaterial) => void
  /** Accepts nothing more and lets what is under way finish, for at most `graceMs` (default 5,000). */
  readonly close: (graceMs?: number) => Promise<void>
}

/** A reverse proxy that decides in its own process: TLS and HTTP/1.1 or HTTP/2 in, attested HTTP/1.1 out. Throws ConfigError where it could not do its work. */
export async function createProxy(options: ProxyOptions): Promise<ReverseProxy> {
  const { tls, host = '127.0.0.1', port = 0, upstreams: addresses = {}, upstreamTls, limits: given, ...rest } = options
  const limits = limitsOf(given)
  const decider = createDecider(rest)
  const upstreams = createUpstreams({ addresses, timeoutMs: limits.upstreamTimeoutMs, ...(upstreamTls === undefined ? {} : { tls: upstreamTls }) })
  checkSlice(decider.slice(), tls)
  upstreams.check(decider.next().hops)
  let inFlight = 0
  let isDraining = false

  async function handle(exchange: Exchange): Promise<void> {
    const { hop, bases, authority } = decider.slice().slice
    if (inFlight >= limits.maxInFlight) return refuseWith(exchange, refusalOf(refuse('verifier.failed'), { hop, algs: [], schemes: [] }))
    inFlight++
    let isOver = false
    exchange.onClose(() => {
      isOver = true
      inFlight--
    })
    if (!isForUs(exchange, bases, authority)) return answerPlainly(exchange, 421)
    const covered = readCovered(exchange, limits.maxCoveredBytes)
    const ruling = await decider.decide({ ...seenIn(exchange), hashContent: covered.hash })
    if (isOver) return
    if (ruling.verdict === 'refuse') return refuseWith(exchange, ruling.refusal)
    const { next, target, fields, nonce } = ruling
    const onFailure = (): void => undefined
    forward({ exchange: covered.exchange(), upstreams, next, target, fields, limits, scheme: 'https', onFailure, ...(nonce === undefined ? {} : { nonce }) })
  }

  const http = {
    limits,
    now: () => performance.now(),
    keepsOpen: (client: Exchange['client']) => !isDraining && listener.isCurrent(client),
    onExchange: (exchange: Exchange) => void handle(exchange).catch(() => exchange.abort()),
    onMalformed: () => undefined,
  }
  const protocols = { h1: createHttp1(http), h2: createHttp2(http) }
  const listener = await listen({
    tls,
    host,
    port,
    limits,
    now: http.now,
    accept: (protocol, socket, client) => protocols[protocol].accept(socket, client),
    onRefused: () => undefined,
  })

  return {
    url: listener.url,
    ready: decider.ready,
    reload(slice, material) {
      checkSlice(slice, material ?? tls)
      upstreams.check(slice.slice.next?.hops ?? [])
      // Whatever of both is no good leaves both as they were: only the first to change can still refuse.
      const before = decider.slice()
      decider.reload(slice)
      try {
        if (material) listener.reload(material)
      } catch (error) {
        decider.reload(before)
        throw error
      }
    },
    async close(graceMs = 5_000) {
      isDraining = true
      await listener.close(graceMs)
      upstreams.close()
    },
  }
}

function checkSlice({ slice }: LoadedSlice, { clientCa }: TlsMaterial): void {
  if (clientCa === undefined && slice.routes.some(({ bindings }) => bindings.includes('mtls'))) {
    throw new ConfigError('config.client-ca', `hop ${slice.hop} has routes for certificate-bound tokens: give the CA of client certificates`)
  }
}

/** Whether the request names this hop: an external base of it, or the name that the hop before calls it by. One under another TLS name is somebody else's. */
function isForUs({ authority, client }: Exchange, bases: readonly string[], own: string): boolean {
  const asked = readAuthority('https', authority)
  const isOurs = asked === readAuthority('https', own) || bases.some((base) => readAuthority('https', new URL(base).host) === asked)
  return isOurs && (client.serverName === undefined || asked?.replace(/:\d+$/, '') === client.serverName.toLowerCase())
}

function seenIn({ method, target, rawHeaders, client }: Exchange): Observed {
  return {
    method,
    target,
    rawHeaders,
    earlyData: false,
    removes: true,
    ...(client.certificate === undefined ? {} : { certificate: client.certificate }),
    ...(client.address === undefined ? {} : { peer: client.address }),
  }
}

const refuseWith = (exchange: Exchange, { status, fields, body }: Extract<Ruling, { verdict: 'refuse' }>['refusal']): void =>
  answer(exchange, status, fields, body)
