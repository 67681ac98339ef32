import { createServer, request as send, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttps } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import { createDecider, type DeciderOptions, type Observed, type Passed } from '../decider.js'
import type { TlsMaterial } from './server-names.js'

/** What one proxy of this shape can do wrong. Each habit is one that real ones have, and none is on by default. */
export type Habits = {
  /** Sends on what the client sent, forged fields included. */
  readonly keepsForgedFields?: boolean
  /** Obeys `Connection: DPoP` to the letter. */
  readonly obeysConnection?: boolean
  /** Lets requests through where there is no decision. */
  readonly failsOpen?: boolean
  /** Sends a request once more where the next hop died under it. */
  readonly retries?: boolean
  /** Sends on another spelling of the path than the one that was decided. */
  readonly normalisesPath?: boolean
  /** Sends on the authority that the client named. */
  readonly keepsHost?: boolean
  /** Takes a client's certificate from a field, as if it were behind something that sets it. */
  readonly believesCertificateField?: boolean
  /** Takes a certificate that no CA of its own has signed. */
  readonly takesAnyCertificate?: boolean
  /** Looks at the first of several fields of a name, and sends on all. */
  readonly decidesOnFirst?: boolean
  /** Sends the exact refusal with another status, and without its fields. */
  readonly flattensRefusals?: boolean
}

/** A proxy in one screen, that decides as the real one does and forwards with these habits. */
export async function startTwin(
  deciding: DeciderOptions,
  { servers: [first], clientCa }: TlsMaterial,
  upstream: string,
  habits: Habits,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const decider = createDecider(deciding)
  const [host, port] = upstream.split(':')

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const ruling = await decider.decide(observedBy(request, habits))
    const isFault = ruling.verdict === 'refuse' && ruling.refusal.status === 503
    if (ruling.verdict === 'refuse' && !(isFault && habits.failsOpen)) {
      const { status, fields, body } = ruling.refusal
      if (habits.flattensRefusals) return void response.writeHead(403).end('Forbidden')
      for (const [name, value] of fields) response.appendHeader(name, value)
      response.statusCode = status
      return void response.end(body)
    }
    const passed = ruling.verdict === 'pass' ? ruling : undefined
    const headers = [...fieldsOf(request, passed, habits)]
    const path = habits.normalisesPath
      ? new URL(request.url ?? '/', 'https://x').pathname.replace(/%2f/gi, '/').replaceAll(/\/{2,}/g, '/')
      : (passed?.target ?? request.url)
    const forward = (isLast: boolean): void => {
      const outgoing = send({ host, port: Number(port), method: request.method, path, headers, agent: false })
      outgoing.once('response', (incoming) => {
        response.writeHead(incoming.statusCode ?? 502, incoming.rawHeaders)
        incoming.pipe(response)
      })
      outgoing.once('error', () => (habits.retries && !isLast ? forward(true) : response.writeHead(502).end()))
      outgoing.end()
    }
    forward(false)
  }

  const server = createHttps(
    { cert: first!.certificate, key: first!.key, ca: clientCa, requestCert: true, rejectUnauthorized: false },
    (request, response) => void handle(request, response),
  )
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function observedBy(request: IncomingMessage, { believesCertificateField, takesAnyCertificate, decidesOnFirst }: Habits): Observed {
  const socket = request.socket as TLSSocket
  const given = believesCertificateField ? /^:(.*):$/.exec(String(request.headers['client-cert'] ?? ''))?.[1] : undefined
  const shown = socket.authorized || takesAnyCertificate ? socket.getPeerX509Certificate()?.raw : undefined
  const certificate = given === undefined ? shown : Buffer.from(given, 'base64')
  const rawHeaders = decidesOnFirst ? firstOfEach(request.rawHeaders) : request.rawHeaders
  const { method = '', url: target = '' } = request
  return { method, target, rawHeaders, earlyData: false, removes: true, ...(certificate === undefined ? {} : { certificate }) }
}

const REPLACED = new Set(['host', 'connection', 'everyhop-hop', 'signature', 'signature-input', 'client-cert'])
const FORGEABLE = /^(?:x-|client|everyhop-|remote|ssl)/

function* fieldsOf(request: IncomingMessage, passed: Passed | undefined, { keepsForgedFields, obeysConnection, keepsHost }: Habits): Generator<string> {
  const listed = obeysConnection ? (request.headers.connection ?? '').toLowerCase().split(/, */) : []
  yield* ['Host', keepsHost ? String(request.headers.host) : (passed?.next.authority ?? 'orders')]
  for (const [name, value] of pairs(request.rawHeaders)) {
    const known = name.toLowerCase()
    if (REPLACED.has(known) || listed.includes(known) || (!keepsForgedFields && FORGEABLE.test(known))) continue
    yield* [name, value]
  }
  for (const field of passed?.fields ?? []) yield* field
}

const pairs = (raw: readonly string[]): readonly (readonly [string, string])[] =>
  raw.flatMap((name, index) => (index % 2 === 0 ? [[name, raw[index + 1] ?? ''] as const] : []))

function firstOfEach(raw: readonly string[]): readonly string[] {
  const seen = new Set<string>()
  return pairs(raw)
    .filter(([name]) => !seen.has(name.toLowerCase()) && seen.add(name.toLowerCase()))
    .flat()
}

/** Stands in for the next hop of a test: counts proofs, answers or dies. */
export async function startUpstream(dies: boolean) {
  const heads: string[] = []
  const server = createServer((request, response) => {
    heads.push([`${request.method} ${request.url}`, ...pairs(request.rawHeaders).map(([name, value]) => `${name.toLowerCase()}: ${value}`)].join('\n'))
    if (dies) request.socket.destroy()
    else response.end('orders')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return { heads, address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close }
}
