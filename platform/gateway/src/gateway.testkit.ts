import 'reflect-metadata'
import { createHash, randomUUID, webcrypto, type KeyObject } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { createKeyPair, type Receipt, sha256, signCompact, thumbprintOf } from '@everyhop/proof'
import type { Fetch, LoadedSlice } from '@everyhop/verifier'
import * as x509 from '@peculiar/x509'

/** A small real chain for tests: an issuer that is a map, one client, an edge's slice, and an application that records what it got. */

const pair = () => createKeyPair('ec', { namedCurve: 'P-256' })
export const KEYS = { issuer: pair(), client: pair(), edge: pair(), middle: pair() }

export const jwkOf = (key: KeyObject) => {
  const { kty, crv, x, y } = key.export({ format: 'jwk' })
  return { kty: kty!, crv: crv!, x: x!, ...(y === undefined ? {} : { y }) }
}

export const BASE = 'https://api.test'

export function edgeSlice(changes: Partial<Slice> = {}): LoadedSlice {
  const slice: Slice = {
    version: 1,
    chain: 'orders',
    environment: 'default',
    production: false,
    manifest: 'm',
    hop: 'edge',
    kind: 'nginx',
    authority: 'api.test',
    bases: [BASE],
    replayAuthority: false,
    issuers: [{ url: 'https://id.test', algs: ['ES256'], typ: ['at+jwt'] }],
    proof: { algs: ['ES256'], maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: 600 },
    routes: [
      { pattern: '/orders/**', clients: ['shop'], bindings: ['dpop', 'mtls'], audience: [BASE], via: [[]], mode: 'direct', next: 'orders', body: 'uncovered' },
    ],
    neighbours: [],
    next: { mode: 'attested', hops: [{ hop: 'orders', authority: 'orders.internal:8080' }] },
    keys: [jwkOf(KEYS.edge.publicKey)],
    waivers: [],
    ...changes,
  }
  return { slice, digest: sha256(JSON.stringify(slice)) }
}

/** The application's slice, to verify with a real verifier what the edge attested. */
export const ordersSlice = (): LoadedSlice => {
  const { slice } = edgeSlice()
  const { next: _, ...rest } = slice
  const routes = slice.routes.map(({ next: __, ...route }) => ({ ...route, via: [['edge']], mode: 'attested' as const }))
  return {
    digest: 'orders',
    slice: {
      ...rest,
      hop: 'orders',
      kind: 'guard',
      authority: 'orders.internal:8080',
      replayAuthority: true,
      routes,
      neighbours: [{ hop: 'edge', keys: slice.keys }],
      keys: [],
    },
  }
}

/** The application's slice behind an edge that rebinds. */
export function reboundSlice(): LoadedSlice {
  const { slice, digest } = ordersSlice()
  const routes = slice.routes.map((route) => ({ ...route, via: [[]], actors: ['edge'], mode: 'direct' as const, audience: [INNER] }))
  return { digest, slice: { ...slice, bases: [INNER], authority: 'orders.internal', routes } }
}

/** Whether the issuer exchanges tokens just now. */
export const EXCHANGE = { isOpen: true }

/** What the issuer gives a hop that rebinds: a token for the next hop, bound to the edge's key. */
function exchanged(): unknown {
  const claims = { iss: 'https://id.test', sub: 'shop', aud: INNER, client_id: 'shop', jti: randomUUID(), iat: now(), exp: now() + 300 }
  const bound = { ...claims, cnf: { jkt: thumbprintOf(KEYS.edge.publicKey) }, act: { sub: 'edge' } }
  return { access_token: signCompact({ typ: 'at+jwt', kid: 'k1' }, bound, KEYS.issuer.privateKey), token_type: 'DPoP', expires_in: 300 }
}

/** Where a hop that rebinds calls the application. */
export const INNER = 'http://orders.internal'

export const issuerFetch: Fetch = (url) => {
  const documents: Record<string, unknown> = {
    'https://id.test/.well-known/oauth-authorization-server': {
      issuer: 'https://id.test',
      jwks_uri: 'https://id.test/jwks',
      token_endpoint: 'https://id.test/token',
    },
    'https://id.test/jwks': { keys: [{ ...jwkOf(KEYS.issuer.publicKey), kid: 'k1', alg: 'ES256', use: 'sig' }] },
    ...(url === 'https://id.test/token' && EXCHANGE.isOpen ? { [url]: exchanged() } : {}),
  }
  const found = documents[url]
  return Promise.resolve({
    ok: found !== undefined,
    body: (found === undefined ? null : [Buffer.from(JSON.stringify(found))]) as unknown as AsyncIterable<Uint8Array>,
  })
}

const now = (): number => Math.floor(Date.now() / 1000)

export const tokenFor = (cnf: Record<string, unknown> = { jkt: thumbprintOf(KEYS.client.publicKey) }, claims: Record<string, unknown> = {}): string =>
  signCompact(
    { typ: 'at+jwt', kid: 'k1' },
    { iss: 'https://id.test', sub: 'shop', aud: BASE, client_id: 'shop', jti: randomUUID(), iat: now(), exp: now() + 300, cnf, ...claims },
    KEYS.issuer.privateKey,
  )

export const proofFor = (token: string, claims: Record<string, unknown> = {}): string =>
  signCompact(
    { typ: 'dpop+jwt', jwk: jwkOf(KEYS.client.publicKey) },
    { jti: randomUUID(), htm: 'GET', htu: `${BASE}/orders/1`, iat: now(), ath: sha256(token), ...claims },
    KEYS.client.privateKey,
  )

export const credentials = (claims: Record<string, unknown> = {}): string[] => {
  const token = tokenFor()
  return ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token, claims)]
}

export type Received = { readonly method: string; readonly url: string; readonly rawHeaders: readonly string[]; readonly body: string }
export type Application = {
  readonly address: string
  readonly received: Received[]
  /** Those that left HTTP for another protocol; what comes then is sent back. */
  readonly upgraded: Received[]
  readonly close: () => Promise<void>
  answer: (response: ServerResponse) => void
  /** Takes requests as they come, before their content is there. */
  handle?: ((request: IncomingMessage, response: ServerResponse) => void) | undefined
}

export async function application(): Promise<Application> {
  const received: Received[] = []
  const upgraded: Received[] = []
  const app: Pick<Application, 'answer' | 'handle'> = { answer: (response) => response.end('orders') }
  const server: Server = createHttp({ maxHeaderSize: 65_536 }, (request: IncomingMessage, response) => {
    if (app.handle) {
      received.push(receivedOf(request))
      return app.handle(request, response)
    }
    let body = ''
    request.on('data', (chunk: Buffer) => (body += chunk.toString()))
    request.on('end', () => {
      received.push(receivedOf(request, body))
      app.answer(response)
    })
  })
  server.on('upgrade', (request, socket) => {
    upgraded.push(receivedOf(request))
    socket.on('error', () => undefined)
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n${acceptOf(request)}\r\n\r\n`)
    socket.pipe(socket)
  })
  // Node 24 answers 431 to more than a thousand fields, where older ones drop the rest.
  server.maxHeadersCount = 0
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return Object.assign(app, { received, upgraded, close, address: `127.0.0.1:${(server.address() as AddressInfo).port}` })
}

/** HAProxy passes on no opened WebSocket without it. RFC 6455 §4.2.2. */
const acceptOf = ({ headers }: IncomingMessage): string =>
  `Sec-WebSocket-Accept: ${createHash('sha1').update(`${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')}`

const receivedOf = ({ method, url, rawHeaders }: IncomingMessage, body = ''): Received => ({ method: method!, url: url!, rawHeaders, body })

export const valuesOf = (rawHeaders: readonly string[], name: string): readonly string[] =>
  rawHeaders.filter((_, index) => index % 2 === 1 && rawHeaders[index - 1]!.toLowerCase() === name.toLowerCase())

export type Answer = { readonly status: number; readonly rawHeaders: readonly string[]; readonly body: string }

/** Sends exactly these fields, duplicates included. */
export function send(
  port: number,
  method: string,
  path: string,
  fields: readonly string[],
  options: { readonly body?: string; readonly cert?: string; readonly key?: string; readonly name?: string } = {},
): Promise<Answer> {
  const { body, name = 'api.test', ...tls } = options
  return new Promise((resolve, reject) => {
    const length = body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]
    const headers = ['Host', name, ...fields, ...length, 'Connection', 'close']
    const request = httpsRequest(
      { host: '127.0.0.1', port, servername: name, method, path, headers, rejectUnauthorized: false, agent: false, ...tls },
      (response) => {
        let text = ''
        response.on('data', (chunk: Buffer) => (text += chunk.toString()))
        response.on('end', () => resolve({ status: response.statusCode!, rawHeaders: response.rawHeaders, body: text }))
      },
    )
    request.once('error', reject)
    request.end(body)
  })
}

export async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** PEM of a server certificate and of client certificates, each self-signed. Those of `client` and `expired` are among the CAs. */
export async function certificates(serverName = 'api.test') {
  x509.cryptoProvider.set(webcrypto as never)
  const make = async (name: string, seconds = 3_600) => {
    const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
    const made = await x509.X509CertificateGenerator.createSelfSigned({
      name: `CN=${name}`,
      notBefore: new Date(Date.now() - 120_000),
      notAfter: new Date(Date.now() + seconds * 1_000),
      keys: keys as never,
      signingAlgorithm: ALGORITHM,
      extensions: [new x509.BasicConstraintsExtension(true), new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: name }])],
    })
    const pkcs8 = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
    return {
      cert: `${made.toString('pem')}\n`,
      key: `-----BEGIN PRIVATE KEY-----\n${pkcs8.replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`,
      der: Buffer.from(made.rawData),
    }
  }
  const server = await make(serverName)
  const client = await make('shop')
  const stranger = await make('shop')
  const expired = await make('shop-before', -60)
  const dir = await mkdtemp(join(tmpdir(), 'eh-gw-'))
  const files = { certificate: join(dir, 'server.crt'), certificateKey: join(dir, 'server.key'), clientCa: join(dir, 'clients.pem') }
  await Promise.all([
    writeFile(files.certificate, server.cert),
    writeFile(files.certificateKey, server.key, { mode: 0o600 }),
    writeFile(files.clientCa, client.cert + expired.cert),
  ])
  return { server, client, stranger, expired, dir, files }
}

export const receiptsSink = () => {
  const receipts: Receipt[] = []
  return { receipts, append: (receipt: Receipt) => void receipts.push(receipt) }
}

/** What clients send that a hop must neither believe nor pass on. */
export const FORGED = Object.entries({
  'Everyhop-Method': 'POST',
  'Everyhop-Target': '/orders/2',
  'Everyhop-Cert-Verify': 'SUCCESS',
  'Everyhop-Removes': 'x',
  'Client-Cert': ':AAAA:',
  Signature: 'edge=:AAAA:',
  'Signature-Input': 'edge=()',
  'Everyhop-Hop': 'edge',
  'X-User': 'admin',
  'X-SSL-Client-Cert': 'x',
  'X-Forwarded-User': 'root',
  'X-Original-URL': '/admin',
  Connection: 'DPoP',
}).flat()

export const forgedValues = (rawHeaders: readonly string[]): readonly string[] =>
  ['client-cert', 'x-user', 'x-ssl-client-cert', 'x-forwarded-user', 'x-original-url', 'everyhop-method'].flatMap((name) => valuesOf(rawHeaders, name))
