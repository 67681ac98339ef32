import { constants } from 'node:crypto'
import { Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { refusalOf, refuse, type Refusal } from '@everyhop/proof'
import { ConfigError, type LoadedSlice } from '@everyhop/verifier'
import { createDecider, type Decider, type DeciderOptions } from '../decider.js'
import { forward, type Upstream } from './forward.js'

export type TerminatorOptions = DeciderOptions & {
  /** PEM text; `clientCa` is needed where a route takes certificate-bound tokens. */
  readonly tls: { readonly certificate: string; readonly key: string; readonly clientCa?: string }
  readonly host?: string
  /** Default 0: one that is free. */
  readonly port?: number
  /** Where each next hop is reached, `host:port`, by hop id; default its ingress or authority. */
  readonly upstreams?: Readonly<Record<string, string>>
  /** Requests that may be under way at once; more are answered 503. Default 512. */
  readonly maxInFlight?: number
  /** Bytes of content that a request may have. Default 10 MiB. */
  readonly maxBodyBytes?: number
  /** Milliseconds that the next hop may stay silent. Default 30,000. */
  readonly upstreamTimeoutMs?: number
}

export type Terminator = {
  readonly url: string
  readonly ready: () => Promise<void>
  readonly reload: (slice: LoadedSlice) => void
  readonly close: (graceMs?: number) => Promise<void>
}

const MAX_HEADER_BYTES = 65_536

/**
 * A TLS-terminating hop in this process, for machines without a gateway: the same decisions and attestations as behind nginx.
 * HTTP/1.1 only, next hops over plain HTTP on a network of one's own, no load balancing, no caching, no WebSocket.
 */
export async function createTerminator(options: TerminatorOptions): Promise<Terminator> {
  const { tls, host = '127.0.0.1', port = 0, upstreams = {}, maxInFlight = 512, maxBodyBytes = 10_485_760, upstreamTimeoutMs = 30_000, ...rest } = options
  const decider = createDecider(rest)
  const { slice } = decider.slice()
  const takesCertificates = slice.routes.some(({ bindings }) => bindings.includes('mtls'))
  if (takesCertificates && tls.clientCa === undefined) {
    throw new ConfigError('config.client-ca', `hop ${slice.hop} has routes for certificate-bound tokens: give the CA of client certificates`)
  }
  for (const hop of decider.next().hops) upstreamOf(upstreams[hop.hop] ?? hop.ingress ?? hop.authority)
  const agent = new Agent({ keepAlive: true, maxSockets: 256, timeout: upstreamTimeoutMs })
  let inFlight = 0

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (inFlight >= maxInFlight) return answer(request, response, closed(slice.hop))
    inFlight++
    response.once('close', () => inFlight--)
    const ruling = await decider.decide(seenBy(request))
    if (response.destroyed) return
    if (ruling.verdict === 'refuse') return answer(request, response, ruling.refusal)
    const { next, target, fields, nonce } = ruling
    const upstream = upstreamOf(upstreams[next.hop] ?? next.ingress ?? next.authority)
    forward({
      request,
      response,
      agent,
      upstream,
      authority: next.authority,
      target,
      fields,
      maxBodyBytes,
      timeoutMs: upstreamTimeoutMs,
      ...(nonce === undefined ? {} : { nonce }),
    })
  }

  const server = createServer(
    {
      cert: tls.certificate,
      key: tls.key,
      minVersion: 'TLSv1.2',
      // A resumed session would bring a proof without its handshake.
      secureOptions: constants.SSL_OP_NO_TICKET,
      // Asked for, not demanded: whether a token needs a certificate is said by the token.
      ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
      maxHeaderSize: MAX_HEADER_BYTES,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 30_000,
      insecureHTTPParser: false,
    },
    (request, response) => void handle(request, response).catch(() => response.destroy()),
  )
  // Node drops fields beyond a thousand from what it shows, not from what it obeys: the size alone is limited.
  server.maxHeadersCount = 0
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => server.emit('request', request, response))
  await listen(server, host, port)

  return {
    url: `https://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    ready: decider.ready,
    reload: (next) => reload(decider, next, upstreams),
    close(graceMs = 5_000) {
      return new Promise((resolve) => {
        const late = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(late)
          agent.destroy()
          resolve()
        })
        server.closeIdleConnections()
      })
    },
  }
}

function reload(decider: Decider, next: LoadedSlice, upstreams: Readonly<Record<string, string>>): void {
  for (const hop of next.slice.next?.hops ?? []) upstreamOf(upstreams[hop.hop] ?? hop.ingress ?? hop.authority)
  decider.reload(next)
}

/** A certificate counts only where TLS verified it against the client CA. */
function seenBy(request: IncomingMessage): Parameters<Decider['decide']>[0] {
  const socket = request.socket as TLSSocket
  const certificate = socket.authorized ? socket.getPeerX509Certificate()?.raw : undefined
  const peer = socket.remoteAddress
  return {
    method: request.method ?? '',
    target: request.url ?? '',
    rawHeaders: request.rawHeaders,
    earlyData: false,
    removes: true,
    ...(certificate === undefined ? {} : { certificate }),
    ...(peer === undefined ? {} : { peer }),
  }
}

function upstreamOf(given: string): Upstream {
  const [, host, port = '80'] = /^(?:http:\/\/)?(\[[\da-f:.]+\]|[a-z\d.-]+)(?::(\d{1,5}))?\/?$/i.exec(given) ?? []
  if (host === undefined) throw new ConfigError('config.upstream', 'a next hop of the terminator is reached as host:port, over plain HTTP')
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port) }
}

const closed = (hop: string): Refusal => refusalOf(refuse('verifier.failed'), { hop, algs: [], schemes: [] })

/** The content of a refused request is not read: the connection ends with the answer where some is under way. */
function answer(request: IncomingMessage, response: ServerResponse, { status, fields, body }: Refusal): void {
  response.statusCode = status
  for (const [name, value] of fields) response.appendHeader(name, value)
  if (!request.complete && hasContent(request)) response.setHeader('Connection', 'close')
  response.end(body)
  request.resume()
}

const hasContent = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
