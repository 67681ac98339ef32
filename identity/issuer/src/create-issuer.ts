import { once } from 'node:events'
import { createServer, type Server, type ServerOptions } from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import { constants } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import type { Chain } from '@everyhop/chain'
import { ConfigError } from './config-error.js'
import { createChildren } from './exchange/children.js'
import { createFront } from './front.js'
import { grantsOf } from './grants.js'
import { readKeys } from './keys.js'
import { metadata } from './metadata.js'
import type { IssuerOptions, Registration, TlsOptions } from './options.js'
import { proofDefect } from './proof-age.js'
import { createProvider } from './provider.js'
import { keepRevocations } from './keep-revocations.js'
import { revocationShare } from './revocations.js'
import { revokeTokens } from './revoke.js'
import { createSpent } from './spent.js'

export type RunningIssuer = {
  /** The issuer identifier, that of the chain. */
  readonly url: string
  /** Where it listens. */
  readonly host: string
  readonly port: number
  /** Ends the server and every connection. Spent proofs are forgotten with it, and revocations where no store keeps them. */
  readonly close: () => Promise<void>
}

/** Runs the authorization server of a chain. Throws `ConfigError` for what can only be a mistake. */
export async function createIssuer(options: IssuerOptions): Promise<RunningIssuer> {
  const { chain, clients, sink, nonceSecret, onFault = (fault) => console.error(`everyhop issuer: ${fault}`) } = options
  const server = options.server ?? listenerFor(options.tls)
  const hasTls = server instanceof TlsServer
  checkOptions(chain, clients, options)
  const grants = grantsOf(chain, clients)
  const keys = readKeys(options.keys, chain.issuer.tokens.algs)
  const startedAt = Math.floor(Date.now() / 1000)
  const memory = { skew: chain.policy.skew, maxPerClient: revocationShare(clients.length), since: startedAt }
  const revocations = keepRevocations(chain.issuer.url, memory, options.revocations)
  // What the store knows counts from the first token on.
  await revocations.feed().catch(() => {
    throw new ConfigError('config.revocations', 'the store of revocations cannot be read')
  })
  const operators = new Set(clients.flatMap(({ clientId, revokes }) => (revokes === 'all' ? [clientId] : [])))
  const children = createChildren()
  const provider = await createProvider({
    chain,
    keys,
    clients,
    grants,
    hasTls,
    nonceSecret,
    sink,
    spent: createSpent(),
    startedAt,
    onFault,
    isRevoked: revocations.isRevoked,
    children,
  })
  revokeTokens(provider, { chain, keys, revocations, grants, operators, children })
  const seconds = () => Date.now() / 1000
  const callback = provider.callback()
  server.on(
    'request',
    createFront({
      issuer: chain.issuer.url,
      isTls: hasTls,
      proofDefect: (values) => proofDefect(values, { policy: chain.policy, nonces: nonceSecret !== undefined, now: seconds(), startedAt }),
      metadata: metadata(chain, hasTls),
      jwks: { keys: keys.published },
      feed: revocations.feed,
      provider: (request, response) => void callback(request, response),
    }),
  )
  if (!server.listening) {
    server.listen(options.port ?? portOf(chain.issuer.url), options.host ?? '127.0.0.1')
    await once(server, 'listening')
  }
  const { address, port } = server.address() as AddressInfo
  return { url: chain.issuer.url, host: address, port, close: () => close(server) }
}

/** Limits that keep a slow or a talkative client from holding the server. */
const LIMITS: ServerOptions = { maxHeaderSize: 32 * 1024, headersTimeout: 10_000, requestTimeout: 20_000, keepAliveTimeout: 5_000 }

function listenerFor(tls: TlsOptions | undefined): Server | TlsServer {
  if (tls === undefined) return createServer(LIMITS)
  return createTlsServer({
    ...LIMITS,
    ...tls,
    requestCert: true,
    // Clients without a certificate, or with one of their own, come through: what they may do is decided where they authenticate.
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    // Each connection proves its certificate itself, none inherits it from an earlier one.
    secureOptions: constants.SSL_OP_NO_TICKET,
  })
}

function checkOptions(chain: Chain, clients: readonly Registration[], { nonceSecret, tls, server }: IssuerOptions) {
  const names = new Set(clients.map(({ clientId }) => clientId))
  if (names.size < clients.length) throw new ConfigError('config.client', 'a client is registered twice')
  if (!chain.issuer.tokens.typ.includes('at+jwt'))
    throw new ConfigError('config.typ', 'this issuer makes tokens of typ at+jwt, which the chain does not declare')
  if (nonceSecret !== undefined && nonceSecret.length !== 32) throw new ConfigError('config.nonce-secret', 'nonceSecret must have 32 bytes')
  for (const audience of chain.routes.flatMap((route) => route.audience)) {
    if (!URL.canParse(audience) || audience.includes('#'))
      throw new ConfigError('config.audience', `audience ${audience} is not an absolute URI without fragment`)
  }
  // Without a CA of its own the listener would trust every public one, and anybody can have a certificate of some subject there.
  const needsCa = clients.some((registration) => 'subject' in registration)
  if (needsCa && server === undefined && tls?.ca === undefined) throw new ConfigError('config.tls-ca', 'clients known by subject need tls.ca')
}

function portOf(issuer: string): number {
  const { port, protocol } = new URL(issuer)
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port)
}

async function close(server: Server | TlsServer): Promise<void> {
  if (!server.listening) return
  const closed = once(server, 'close')
  server.close()
  server.closeAllConnections()
  await closed
}
