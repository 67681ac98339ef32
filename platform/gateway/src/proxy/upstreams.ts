import { Agent, request as sendPlain, type ClientRequest } from 'node:http'
import { Agent as TlsAgent, request as sendTls } from 'node:https'
import { isIP } from 'node:net'
import { ConfigError } from '@everyhop/verifier'
import type { NextHop } from '../next-hop.js'

export type UpstreamOptions = {
  /** Where each next hop is reached, `host:port` or `https://host:port`, by hop id; default its ingress or authority. */
  readonly addresses: Readonly<Record<string, string>>
  /** PEM text: CAs of next hops that are reached over https, and what this hop shows them. */
  readonly tls?: { readonly ca: string; readonly certificate?: string; readonly key?: string }
  readonly timeoutMs: number
}

export type Sending = {
  readonly method: string
  readonly path: string
  readonly headers: readonly string[]
  /** Whether the connection may carry other requests before and after this one. */
  readonly isShared: boolean
}

export type Upstreams = {
  /** Throws ConfigError where a hop cannot be reached as it is given. */
  readonly check: (hops: readonly NextHop[]) => void
  readonly send: (next: NextHop, sending: Sending) => ClientRequest
  readonly close: () => void
}

/** Below the five seconds after which many servers close a connection that is idle: they would close it under our request, which we send but once. */
const IDLE_MS = 4_000
const MAX_IDLE_CONNECTIONS = 256

/** Connections to the next hops: kept alive, never retried, shared only by requests that say all in their head. */
export function createUpstreams({ addresses, tls, timeoutMs }: UpstreamOptions): Upstreams {
  const kept = { keepAlive: true, maxFreeSockets: MAX_IDLE_CONNECTIONS, timeout: IDLE_MS, scheduling: 'lifo' } as const
  const secure = tls && { ca: tls.ca, ...(tls.certificate === undefined ? {} : { cert: tls.certificate }), ...(tls.key === undefined ? {} : { key: tls.key }) }
  const agents = {
    http: { shared: new Agent(kept), own: new Agent({ keepAlive: false }) },
    https: { shared: new TlsAgent({ ...kept, ...secure }), own: new TlsAgent({ keepAlive: false, ...secure }) },
  }
  const known = new Map<string, Address>()
  const addressOf = (next: NextHop): Address => {
    const given = addresses[next.hop] ?? next.ingress ?? next.authority
    const address = known.get(given) ?? readAddress(given, next)
    known.set(given, address)
    return address
  }

  return {
    check(hops) {
      for (const hop of hops) {
        if (addressOf(hop).scheme === 'https' && !secure) {
          throw new ConfigError('config.upstream-ca', `the next hop ${hop.hop} is reached over https: give the CA of its certificate`)
        }
      }
    },
    send(next, { method, path, headers, isShared }) {
      const { scheme, host, port, servername } = addressOf(next)
      const agent = isShared ? agents[scheme].shared : agents[scheme].own
      const options = { host, port, method, path, headers: headers as string[], timeout: timeoutMs }
      return scheme === 'https' ? sendTls({ ...options, agent, servername }) : sendPlain({ ...options, agent })
    },
    close() {
      for (const { shared, own } of Object.values(agents)) {
        shared.destroy()
        own.destroy()
      }
    },
  }
}

type Address = { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number; readonly servername: string }

function readAddress(given: string, { hop, authority }: NextHop): Address {
  const [, scheme = 'http', written, port] = /^(?:(https?):\/\/)?(\[[\da-f:.]+\]|[a-z\d.-]+)(?::(\d{1,5}))?\/?$/i.exec(given) ?? []
  if (written === undefined || (scheme !== 'http' && scheme !== 'https')) {
    throw new ConfigError('config.upstream', `the next hop ${hop} is reached at host:port, http://host:port or https://host:port`)
  }
  const host = written.replace(/^\[|\]$/g, '')
  // Under the name that its certificate has: that of the address, or of its authority where the address has none.
  const servername = isIP(host) === 0 ? host : authority.replace(/:\d+$/, '')
  return { scheme, host, port: Number(port ?? (scheme === 'https' ? 443 : 80)), servername }
}
