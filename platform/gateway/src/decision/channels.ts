import { constants, X509Certificate } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTls } from 'node:https'
import { createServer as createHttp2, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { ConfigError } from '@everyhop/verifier'
import { listenPrivately, listenShared } from './unix-socket.js'

/** A channel over TCP, for gateways that cannot reach a unix socket. */
export type TcpChannel = {
  readonly host: string
  readonly port: number
  /** PEM of our certificate, with its chain, and key. */
  readonly certificate: string
  readonly key: string
  /** PEM of the gateway's own certificates: these very ones may connect, whoever issued others. */
  readonly gateways: string
}

export type Channel = {
  readonly address: string
  readonly close: (graceMs: number) => Promise<void>
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void

/** Large enough for a certificate, a token, a proof and an attestation in one header block. */
const MAX_HEADER_BYTES = 65_536
/** Longer than gateways keep their idle connections, so that they close them and not we, under their request. */
const KEEP_ALIVE_MS = 120_000

const LIMITS = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, headersTimeout: 10_000, requestTimeout: 10_000 }

/** `isShared`: workers listen on one socket, which their first process has prepared. */
export async function openSocket(path: string, handler: Handler, isShared: boolean): Promise<Channel> {
  const server = limited(createServer(LIMITS, handler))
  await (isShared ? listenShared : listenPrivately)(server, path)
  return channel(server, path)
}

/** HTTP/2 without TLS, which gRPC speaks on a socket. */
export async function openGrpcSocket(
  path: string,
  handler: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void,
  isShared: boolean,
): Promise<Channel> {
  const server = createHttp2({ settings: { maxConcurrentStreams: 1_000, enablePush: false, maxHeaderListSize: 16_384 } })
  const sessions = new Set<ServerHttp2Session>()
  server.on('session', (session) => {
    sessions.add(session)
    session.on('error', () => undefined).once('close', () => sessions.delete(session))
  })
  server.on('stream', handler)
  await (isShared ? listenShared : listenPrivately)(server, path)
  return {
    address: path,
    close: (graceMs) =>
      new Promise((resolve) => {
        const late = setTimeout(() => sessions.forEach((session) => session.destroy()), graceMs)
        server.close(() => {
          clearTimeout(late)
          resolve()
        })
        // Takes no new questions and ends when the last one is answered.
        for (const session of sessions) session.close()
      }),
  }
}

export async function openTcp({ host, port, certificate, key, gateways }: TcpChannel, handler: Handler): Promise<Channel> {
  const pinned = new Set(readCertificates(gateways).map(({ fingerprint256 }) => fingerprint256))
  if (pinned.size === 0) throw new ConfigError('config.gateways', 'there is no certificate of a gateway: give the PEM of those that may connect')
  const server = limited(
    createTls(
      // No session is resumed, so that each connection shows its certificate; what counts of it is checked below, beyond what a CA says.
      { ...LIMITS, cert: certificate, key, minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false, secureOptions: constants.SSL_OP_NO_TICKET },
      (request, response) => {
        if (isPinned(request.socket as TLSSocket, pinned)) handler(request, response)
        else request.socket.destroy()
      },
    ),
  )
  server.prependListener('secureConnection', (socket: TLSSocket) => {
    if (!isPinned(socket, pinned)) socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  const { address, port: given, family } = server.address() as AddressInfo
  return channel(server, `https://${family === 'IPv6' ? `[${address}]` : address}:${given}`)
}

const PEM = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g

function readCertificates(pem: string): readonly X509Certificate[] {
  try {
    return (pem.match(PEM) ?? []).map((text) => new X509Certificate(text))
  } catch {
    throw new ConfigError('config.gateways', 'a certificate of a gateway cannot be read')
  }
}

/** The handshake has proven that the other side holds the key of the certificate that it showed. */
function isPinned(socket: TLSSocket, pinned: ReadonlySet<string>): boolean {
  const shown = socket.getPeerX509Certificate()
  if (!shown || !pinned.has(shown.fingerprint256)) return false
  const now = Date.now()
  return Date.parse(shown.validFrom) <= now && now < Date.parse(shown.validTo)
}

function limited<S extends Server>(server: S): S {
  // Node hides fields beyond a thousand; the gateway passes them on, so the decision must see them.
  server.maxHeadersCount = 0
  return server
}

function channel(server: Server, address: string): Channel {
  return {
    address,
    close: (graceMs) =>
      new Promise((resolve) => {
        const late = setTimeout(() => server.closeAllConnections(), graceMs)
        server.close(() => {
          clearTimeout(late)
          resolve()
        })
        server.closeIdleConnections()
      }),
  }
}
