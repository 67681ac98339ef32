import { refusalOf, refuse, type Refusal } from '@everyhop/proof'
import type { LoadedSlice } from '@everyhop/verifier'
import type { DeciderOptions } from '../decider.js'
import { openAdmin } from './admin.js'
import { checkArrival, isForUs, observedIn } from './arrival.js'
import { answer, answerPlainly, type Exchange } from './exchange.js'
import { forward } from './forward.js'
import { forwardingGatekeeper, sidecarGatekeeper } from './gatekeeper.js'
import { createHttp1 } from './http1.js'
import { createHttp2 } from './http2.js'
import { limitsOf, type Limits } from './limits.js'
import { listen } from './listener.js'
import { createMetrics } from './metrics.js'
import type { TlsMaterial } from './server-names.js'
import { readCovered } from './read-covered.js'
import { createUpstreams, type UpstreamOptions } from './upstreams.js'

export type ProxyOptions = DeciderOptions & {
  /**
   * Absent for plain HTTP: on loopback, behind something on this machine that has ended TLS, or where only hops that attest come, over a
   * network of their own. No certificate binds then.
   */
  readonly tls?: TlsMaterial
  readonly host?: string
  /** Default 0: one that is free. */
  readonly port?: number
  /** Where each next hop is reached, `host:port` or `https://host:port`, by hop id; default its ingress or authority. */
  readonly upstreams?: Readonly<Record<string, string>>
  readonly upstreamTls?: UpstreamOptions['tls']
  /** Address of the application that this hop guards, `127.0.0.1:9000`, where it is the last one. */
  readonly sidecarOf?: string
  readonly limits?: Partial<Limits>
  /** Where health and metrics are told; nowhere by default. */
  readonly admin?: { readonly host?: string; readonly port: number }
}

export type ReverseProxy = {
  readonly url: string
  readonly adminUrl: string | undefined
  /** Resolves once the issuer's keys are there. */
  readonly ready: () => Promise<void>
  /** Puts another slice, and other certificates and keys of the hop, in force; throws ConfigError, and keeps the old ones, where they are no good. */
  readonly reload: (slice: LoadedSlice, changes?: { readonly tls?: TlsMaterial; readonly key?: DeciderOptions['key'] }) => void
  /** Accepts nothing more and lets what is under way finish, for at most `graceMs` (default 5,000). */
  readonly close: (graceMs?: number) => Promise<void>
}

/** A reverse proxy that decides in its own process: TLS and HTTP/1.1 or HTTP/2 in, attested HTTP/1.1 out. Throws ConfigError where it could not do its work. */
export async function createProxy(options: ProxyOptions): Promise<ReverseProxy> {
  const { tls, host = '127.0.0.1', port = 0, upstreams: given = {}, upstreamTls, sidecarOf, limits: limited, admin: asked, ...rest } = options
  const limits = limitsOf(limited)
  const { hop } = rest.slice.slice
  const gatekeeper = sidecarOf === undefined ? forwardingGatekeeper(rest) : sidecarGatekeeper(rest)
  const addresses = sidecarOf === undefined ? given : { [hop]: sidecarOf }
  const upstreams = createUpstreams({ addresses, timeoutMs: limits.upstreamTimeoutMs, ...(upstreamTls === undefined ? {} : { tls: upstreamTls }) })
  const check = (slice: LoadedSlice, material: TlsMaterial | undefined): void => {
    checkArrival(slice, material, host)
    upstreams.check(gatekeeper.hopsOf(slice))
  }
  check(gatekeeper.slice(), tls)
  const metrics = createMetrics()
  const overloaded = refusalOf(refuse('verifier.failed'), { hop, algs: [], schemes: [] })
  let inFlight = 0
  let isDraining = false
  let isReady = false

  async function handle(exchange: Exchange): Promise<void> {
    const { bases, authority } = gatekeeper.slice().slice
    if (inFlight >= limits.maxInFlight) return refuseWith(exchange, overloaded, 'overloaded')
    inFlight++
    let isOver = false
    exchange.onClose(() => {
      isOver = true
      inFlight--
    })
    if (!isForUs(exchange, bases, authority)) {
      metrics.count('requests', 'misdirected')
      return answerPlainly(exchange, 421)
    }
    const startedAt = performance.now()
    const covered = readCovered(exchange, limits.maxCoveredBytes)
    const ruling = await gatekeeper.decide({ ...observedIn(exchange), hashContent: covered.hash })
    metrics.decided((performance.now() - startedAt) / 1000)
    if (isOver) return metrics.count('requests', 'gone')
    if (ruling.verdict === 'refuse') return refuseWith(exchange, ruling.refusal, 'refused')
    metrics.count('requests', 'passed')
    const unwatch = ruling.watch?.(() => exchange.abort())
    if (unwatch) exchange.onClose(unwatch)
    forward({
      ...ruling,
      exchange: covered.exchange(),
      upstreams,
      limits,
      scheme: tls ? 'https' : 'http',
      onFailure: (why) => metrics.count('upstream_failures', why),
    })
  }

  async function ready(): Promise<void> {
    await gatekeeper.ready()
    isReady = true
  }

  function refuseWith(exchange: Exchange, { status, fields, body }: Refusal, outcome: 'refused' | 'overloaded'): void {
    metrics.count('requests', outcome)
    metrics.count('refusals', String(status))
    answer(exchange, status, fields, body)
  }

  const http = {
    limits,
    now: () => performance.now(),
    keepsOpen: (client: Exchange['client']) => !isDraining && listener.isCurrent(client),
    onExchange: (exchange: Exchange) => void handle(exchange).catch(() => exchange.abort()),
    onMalformed: ({ defect }: { readonly defect: string }) => metrics.count('malformed', defect),
  }
  const protocols = { h1: createHttp1(http), h2: createHttp2(http) }
  const listener = await listen({
    ...(tls === undefined ? {} : { tls }),
    host,
    port,
    limits,
    now: http.now,
    accept: (protocol, socket, client) => protocols[protocol].accept(socket, client),
    onRefused: (why) => metrics.count('connections_refused', why),
  })
  const admin = asked && (await openAdminHere())

  function openAdminHere() {
    const gauges = () => ({ connections: listener.connections(), requests_in_flight: inFlight, ready: Number(isReady), draining: Number(isDraining) })
    return openAdmin({
      host: asked?.host ?? '127.0.0.1',
      port: asked?.port ?? 0,
      slice: gatekeeper.slice,
      isDraining: () => isDraining,
      isReady() {
        // Keys that were not there at first are asked for again with each look.
        if (!isReady) ready().catch(() => undefined)
        return isReady
      },
      metrics: () => metrics.text(gauges()),
    }).catch(async (error: unknown) => {
      await listener.close(0)
      throw error
    })
  }

  return {
    url: listener.url,
    adminUrl: admin?.url,
    ready,
    reload(slice, { tls: material, key } = {}) {
      check(slice, material ?? tls)
      // Whatever of both is no good leaves both as they were.
      const before = gatekeeper.slice()
      gatekeeper.reload(slice, key)
      try {
        if (material) listener.reload(material)
      } catch (error) {
        gatekeeper.reload(before)
        throw error
      }
    },
    async close(graceMs = 5_000) {
      isDraining = true
      await listener.close(graceMs)
      upstreams.close()
      admin?.close()
    },
  }
}
