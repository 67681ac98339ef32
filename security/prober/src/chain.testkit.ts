import { createKeyPair } from './create-key-pair.js'
import { type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, request as forward, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { canary, witness } from '@everyhop/canary'
import type { Chain, Hop } from '@everyhop/chain'
import { compact, jwkThumbprint, random } from './jose.js'
import type { ProbeOptions, Runner } from './index.js'
import { sampleChain } from './sample.testkit.js'

/** Says what a hop answers by itself; undefined lets the request on. */
export type Answers = (
  request: IncomingMessage,
) => number | { readonly status: number; readonly body: object; readonly fields?: Readonly<Record<string, string>> } | undefined

export type Parts = {
  readonly edge: Answers
  readonly application: Answers
  readonly hop?: Partial<Hop>
  /** Fields that the edge removes. */
  readonly drops?: readonly string[]
  readonly isBlind?: boolean
  /** The application has no canary of ours, and answers this. */
  readonly foreign?: (request: IncomingMessage) => object
  /** The application can be called around the edge. */
  readonly isReachable?: boolean
  /** The manifest names a way around the edge, and nothing answers there. */
  readonly isClosed?: boolean
}

/** One edge that is not ours before one application that is not ours, on loopback. The edge has one team, the application another. */
export async function startChain(
  closers: (() => unknown)[],
  parts: Parts,
): Promise<Pick<ProbeOptions, 'chain' | 'runner'> & { readonly revoked: ReadonlySet<string>; readonly issued: ReadonlySet<string> }> {
  const serve = async (listener: RequestListener): Promise<string> => {
    const server = createServer({ maxHeaderSize: 65_536 }, listener).listen(0, '127.0.0.1')
    await once(server, 'listening')
    closers.push(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const key = () => createKeyPair('ec', { namedCurve: 'P-256' }).privateKey
  const keys = new Map<string, KeyObject>([
    ['canary-a', key()],
    ['canary-b', key()],
  ])
  const [canaryKey, tagKey, secret] = [Buffer.from(random() + random()), Buffer.from(random() + random()), random()]

  const eyes = witness({ tagKey, secret })
  const reports = await eyes.listen()
  closers.push(reports.close)
  const resource = canary({ key: canaryKey, who: () => 'somebody' })
  const application = await serve((request, response) => {
    eyes.record(request, response)
    request.resume()
    if (answered(parts.application(request), response)) return
    if (parts.foreign === undefined) return resource(request, response)
    response.writeHead(200, { 'Content-Type': 'application/json' })
    response.end(JSON.stringify(parts.foreign(request)))
  })
  const edge = await serve((request, response) => {
    request.resume()
    if (answered(parts.edge(request), response)) return
    const dropped = parts.drops ?? []
    const headers = request.rawHeaders.filter((_, index, all) => !dropped.includes(all[index - (index % 2)]!.toLowerCase()))
    const next = forward(application + request.url, { method: request.method, headers: headers as never }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(response)
    })
    next.on('error', () => response.destroy())
    next.end()
  })
  const [issued, revoked] = [new Set<string>(), new Set<string>()]
  const url: string = await serve((request, response) => void issue({ request, response, url, keys, issued, revoked }))

  const sample = sampleChain({ bases: [edge], ...parts.hop })
  const around = parts.isClosed ? 'http://127.0.0.1:9' : parts.isReachable ? application : undefined
  const orders = { ...sample.hops.get('orders')!, ...(around === undefined ? {} : { ingress: around }) }
  const chain: Chain = {
    ...sample,
    hops: new Map([...sample.hops, ['orders', orders]]),
    issuer: { ...sample.issuer, url },
    routes: [{ ...sample.routes[0]!, via: [['edge']], mode: parts.hop?.forward ?? 'passthrough' } as Chain['routes'][number]],
  }
  const client = (id: string) =>
    [
      id,
      { clientId: id, auth: { by: 'key', key: keys.get(id)! }, dpopKey: keys.get(id)!, origins: new Set([url, edge, application, 'http://127.0.0.1:9']) },
    ] as const
  const runner: Runner = {
    key: createKeyPair('ed25519').privateKey,
    ...(parts.foreign === undefined ? { canaryKey } : {}),
    clients: new Map([client('canary-a'), client('canary-b')]),
    witnesses: parts.isBlind ? new Map() : new Map([['orders', { url: reports.url, secret, tagKey }]]),
    hops: new Map(),
  }
  return { chain, runner, issued, revoked }
}

function answered(given: ReturnType<Answers>, response: ServerResponse): boolean {
  if (given === undefined) return false
  const { status, body, fields = {} } = typeof given === 'number' ? { status: given, body: {} } : given
  response.writeHead(status, { ...(status === 401 ? { 'WWW-Authenticate': 'DPoP' } : {}), ...fields })
  response.end(JSON.stringify(body))
  return true
}

type Issuing = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly url: string
  readonly keys: ReadonlyMap<string, KeyObject>
  readonly issued: Set<string>
  readonly revoked: Set<string>
}

/** An issuer that gives to whoever asks, and notes what it gave and what was revoked. */
async function issue({ request, response, url, keys, issued, revoked }: Issuing): Promise<void> {
  const json = (body: object) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
  if (request.url?.startsWith('/.well-known/')) return void json({ issuer: url, token_endpoint: `${url}/token`, revocation_endpoint: `${url}/revoke` })
  let text = ''
  for await (const chunk of request) text += String(chunk)
  const form = new URLSearchParams(text)
  if (request.url === '/revoke') {
    revoked.add(form.get('token') ?? '')
    return void json({})
  }
  const client = form.get('client_id') ?? ''
  const now = Math.floor(Date.now() / 1000)
  const claims = {
    iss: url,
    sub: client,
    client_id: client,
    aud: form.get('resource'),
    iat: now,
    exp: now + 300,
    jti: random(),
    cnf: { jkt: jwkThumbprint(keys.get(client)!) },
  }
  const token = compact({ typ: 'at+jwt', alg: 'ES256' }, claims, keys.get('canary-a')!)
  issued.add(token)
  json({ access_token: token, token_type: 'DPoP', expires_in: 300 })
}
