import { createHash, randomUUID } from 'node:crypto'
import type { BindingPolicy, Chain, Client, Hop, Route, Waiver } from '@everyhop/chain'
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose'
import { createServer, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createIssuer, type IssuanceSink, type IssuerOptions, type Registration, type RunningIssuer } from './index.js'

/** An honest chain, its clients with keys, and their requests, made with jose: nothing of the issuer helps to test it. */

const at = { file: 'everyhop.yaml', line: 1, column: 1 }
export const ORDERS = 'https://api.example.com/orders'
export const BILLS = 'https://api.example.com/bills'
export const now = (): number => Math.floor(Date.now() / 1000)

export type Holder = { readonly key: CryptoKey; readonly jwk: JWK; readonly jkt: string }

export async function holder(): Promise<Holder> {
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true })
  const { kty, crv, x, y } = await exportJWK(publicKey)
  const jkt = createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
  return { key: privateKey, jwk: { kty, crv, x, y } as JWK, jkt }
}

export const client = (id: string, more: Partial<Client> = {}): Client => ({
  id,
  clientId: id,
  kind: 'service',
  owner: 'identity',
  binding: ['dpop'],
  at,
  ...more,
})

export const waiver = (more: Partial<Waiver> = {}): Waiver => ({
  id: 'W-7',
  control: 'POP-ID-01',
  clients: ['billco'],
  routes: [],
  audiences: [BILLS],
  reason: 'legacy',
  requestedBy: 'ann',
  approvers: [],
  start: 0,
  end: 4_000_000_000,
  compensating: { tokenLifetime: 120, allowlist: ['billco'], networks: [] },
  at,
  ...more,
})

const route = (pattern: string, audience: string, clients: readonly string[]): Route => ({
  pattern,
  application: 'app',
  via: [[]],
  clients,
  level: 'AL1',
  audience: [audience],
  body: 'uncovered',
  mode: 'direct',
  at,
})

export type Variation = {
  readonly policy?: Partial<BindingPolicy>
  readonly waiver?: Partial<Waiver>
  readonly clients?: readonly Client[]
  readonly algs?: Chain['issuer']['tokens']['algs']
  /** The hops, and the routes where they are other than those to one application. */
  readonly hops?: readonly Hop[]
  readonly routes?: readonly Partial<Route>[]
  readonly grantClaim?: string
}

export function chainAt(url: string, { policy, waiver: changed, clients, algs = ['ES256'], hops = [], routes = [], grantClaim }: Variation = {}): Chain {
  const all = clients ?? [client('shop'), client('rival'), client('billco', { kind: 'partner', waiver: 'W-7' })]
  const ids = all.map(({ id }) => id)
  return {
    version: 1,
    name: 'test',
    environment: 'default',
    production: false,
    digest: 'd',
    teams: new Map(),
    hops: new Map(hops.map((hop) => [hop.id, hop])),
    accountable: [],
    issuer: { url, owner: 'identity', tokens: { algs, typ: ['at+jwt'] }, extraConfirmation: false, at, ...(grantClaim === undefined ? {} : { grantClaim }) },
    issuers: new Map(),
    policy: { binding: ['dpop'], proofAlgs: ['ES256'], tokenLifetime: 600, proofAge: 60, proofEarly: 5, skew: 5, attestationAge: 10, nonce: 'off', ...policy },
    clients: new Map(all.map((each) => [each.id, each])),
    routes: [
      { ...route('/orders/**', ORDERS, ids), ...routes[0] },
      { ...route('/bills/**', BILLS, ids), ...routes[1] },
    ],
    waivers: new Map([['W-7', waiver(changed)]]),
  }
}

export type Stand = { readonly issuer: RunningIssuer; readonly chain: Chain; readonly url: string; readonly keys: ReadonlyMap<string, Holder> }

/** Runs an issuer on a port that the system chose; each client authenticates with a key of its own. */
export async function stand(
  variation: Variation = {},
  options: Partial<IssuerOptions> & { readonly path?: string; readonly operators?: readonly string[]; readonly grants?: Readonly<Record<string, string>> } = {},
): Promise<Stand> {
  const { path = '', operators = [], grants = {}, ...rest } = options
  const server: Server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`
  const chain = chainAt(url, variation)
  const keys = new Map<string, Holder>()
  for (const id of chain.clients.keys()) keys.set(id, await holder())
  const clients: Registration[] = [...keys].map(([clientId, { jwk }]) => ({
    clientId,
    jwks: { keys: [jwk] },
    scopes: ['orders.read'],
    revokes: operators.includes(clientId) ? 'all' : 'own',
    ...(grants[clientId] === undefined ? {} : { grant: grants[clientId] }),
  }))
  const issuer = await createIssuer({ chain, clients, server, ...rest })
  return { issuer, chain, url, keys }
}

export const assertion = (url: string, id: string, { key }: Holder, claims: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT({ iss: id, sub: id, aud: url, jti: randomUUID(), iat: now(), exp: now() + 60, ...claims }).setProtectedHeader({ alg: 'ES256' }).sign(key)

export const proof = ({ key, jwk }: Holder, htu: string, claims: Record<string, unknown> = {}): Promise<string> =>
  new SignJWT({ htm: 'POST', htu, jti: randomUUID(), iat: now(), ...claims }).setProtectedHeader({ typ: 'dpop+jwt', alg: 'ES256', jwk }).sign(key)

export type Asked = {
  readonly id?: string
  /** Who signs the assertion; the client itself by default. */
  readonly as?: Holder
  readonly dpop?: string | readonly string[] | undefined
  readonly form?: Readonly<Record<string, string | readonly string[]>>
  readonly headers?: Readonly<Record<string, string>>
  readonly path?: string
}

export type Answered = { readonly status: number; readonly body: Record<string, unknown>; readonly headers: Headers }

/** A token request; `form` replaces and adds parameters. */
export async function ask({ url, keys }: Stand, { id = 'shop', as, dpop, form = {}, headers = {}, path = '/token' }: Asked): Promise<Answered> {
  const fields = new Headers(headers)
  for (const value of dpop === undefined ? [] : [dpop].flat()) fields.append('DPoP', value)
  const parameters = {
    grant_type: 'client_credentials',
    resource: ORDERS,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await assertion(url, id, as ?? keys.get(id)!),
    ...form,
  }
  const pairs = Object.entries(parameters).flatMap(([name, values]) => [values].flat().map((value): [string, string] => [name, value]))
  const response = await fetch(url + path, { method: 'POST', headers: fields, body: new URLSearchParams(pairs) })
  const text = await response.text()
  return { status: response.status, headers: response.headers, body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>) }
}

/** An honest client's request with a fresh proof. */
export const askBound = async (at: Stand, asked: Asked = {}): Promise<Answered> =>
  ask(at, { dpop: await proof(at.keys.get(asked.id ?? 'shop')!, `${at.url}/token`), ...asked })

export type Claims = Record<string, unknown> & { iat: number; exp: number; jti: string; cnf?: Record<string, unknown> }
export const part = (jwt: unknown, index: 0 | 1): Claims => JSON.parse(Buffer.from(String(jwt).split('.')[index]!, 'base64url').toString()) as Claims

/** A sink that remembers. */
export function recorder(): IssuanceSink & { readonly issued: Parameters<IssuanceSink['append']>[0][] } {
  const issued: Parameters<IssuanceSink['append']>[0][] = []
  return { issued, append: (issuance) => void issued.push(issuance) }
}
