import { createServer as createPlain, type AddressInfo, type Server, type Socket } from 'node:net'
import { createServer as createTls, type TLSSocket } from 'node:tls'
import { ConfigError } from '@everyhop/verifier'
import type { Client } from './exchange.js'
import type { Connection } from './http1.js'
import type { Limits } from './limits.js'
import { serverNames, TLS_SETTINGS, type TlsMaterial } from './server-names.js'

export type ListenerOptions = {
  /** Absent for plain HTTP. */
  readonly tls?: TlsMaterial
  readonly host: string
  readonly port: number
  readonly limits: Limits
  readonly now: () => number
  readonly accept: (protocol: 'h1' | 'h2', socket: Socket, client: Client) => Connection
  readonly onRefused: (why: 'too-many' | 'handshake') => void
}

export type Listener = {
  readonly url: string
  readonly connections: () => number
  /** Whether its certificates are the ones in force. */
  readonly isCurrent: (client: Client) => boolean
  /** Puts other certificates in force; connections made under the old ones end with their present request. Throws ConfigError and changes nothing where they are no good. */
  readonly reload: (tls: TlsMaterial) => void
  readonly close: (graceMs: number) => Promise<void>
}

const SWEEP_MS = 1_000

/** Accepts connections, ends TLS, and closes those that take too long. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const { tls, host, port, limits, now, accept, onRefused } = options
  const connections = new Map<Socket, Connection>()
  let names = tls && serverNames(tls)
  let era: object = {}
  const eras = new WeakMap<Client, object>()
  /** Those in a handshake too. */
  const sockets = new Set<Socket>()
  let isClosing = false

  function take(socket: Socket, protocol: 'h1' | 'h2', client: Client): void {
    if (isClosing) return void socket.destroy()
    eras.set(client, era)
    socket.setNoDelay(true)
    connections.set(socket, accept(protocol, socket, client))
    socket.once('close', () => connections.delete(socket))
  }

  const server: Server =
    tls && names
      ? createTls(
          {
            ...TLS_SETTINGS,
            cert: tls.servers[0]!.certificate,
            key: tls.servers[0]!.key,
            ALPNProtocols: ['h2', 'http/1.1'],
            SNICallback(name, done) {
              const context = names?.of(name)
              if (context) done(null, context)
              else done(new Error('no certificate for this name'))
            },
            handshakeTimeout: limits.headersTimeoutMs,
            allowHalfOpen: true,
            // Asked for, not demanded: whether a token needs a certificate is said by the token.
            ...(tls.clientCa === undefined ? {} : { ca: tls.clientCa, requestCert: true, rejectUnauthorized: false }),
          },
          (socket) => take(socket, socket.alpnProtocol === 'h2' ? 'h2' : 'h1', clientAt(socket)),
        )
      : createPlain({ allowHalfOpen: true }, (socket) => take(socket, 'h1', { address: socket.remoteAddress, serverName: undefined, certificate: undefined }))
  server.maxConnections = limits.maxConnections
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.on('drop', () => onRefused('too-many'))
  server.on('tlsClientError', (_, socket: TLSSocket) => {
    onRefused('handshake')
    socket.destroy()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })

  const sweep = setInterval(() => {
    const time = now()
    for (const connection of connections.values()) if (connection.isOverdue(time)) connection.cut()
  }, SWEEP_MS).unref()
  const drain = (): void => {
    for (const connection of connections.values()) connection.drain()
  }

  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    connections: () => connections.size,
    isCurrent: (client) => eras.get(client) === era,
    reload(next) {
      if (!tls) throw new ConfigError('config.certificate', 'this proxy was started without TLS')
      if ((next.clientCa === undefined) !== (tls.clientCa === undefined)) {
        throw new ConfigError('config.client-ca', 'whether client certificates are asked for changes with a new start only')
      }
      const made = serverNames(next)
      const [first] = next.servers
      ;(server as ReturnType<typeof createTls>).setSecureContext({
        ...TLS_SETTINGS,
        cert: first!.certificate,
        key: first!.key,
        ...(next.clientCa === undefined ? {} : { ca: next.clientCa }),
      })
      names = made
      era = {}
      drain()
    },
    close(graceMs) {
      return new Promise((resolve) => {
        isClosing = true
        const late = setTimeout(() => {
          for (const socket of sockets) socket.destroy()
        }, graceMs)
        server.close(() => {
          clearTimeout(late)
          clearInterval(sweep)
          resolve()
        })
        drain()
      })
    },
  }
}

/** A certificate counts only where TLS verified it against the client CA, in this connection's own handshake. */
function clientAt(socket: TLSSocket): Client {
  socket.disableRenegotiation()
  const { servername } = socket as { readonly servername?: string | false }
  return {
    address: socket.remoteAddress,
    serverName: typeof servername === 'string' ? servername : undefined,
    certificate: socket.authorized && !socket.isSessionReused() ? socket.getPeerX509Certificate()?.raw : undefined,
  }
}
