import { createKeyPair } from './create-key-pair.js'
import { X509Certificate, type KeyObject } from 'node:crypto'
import type { Chain, Route } from '@everyhop/chain'
import { withContent } from './attacks/with-content.js'
import { readAlerts } from './alerts.js'
import { exchangeAs, type Asking } from './exchange.js'
import { attestAs } from './attest.js'
import type { Answer, Exchange, IssuerAnswer, Kit, Lab, Signer, Token, TokenRequest } from './attack.js'
import { createHandIn } from './handed-in.js'
import { algOf, compact, jwkThumbprint, publicJwk, random } from './jose.js'
import type { Runner, RunnerClient } from './runner-file.js'
import {
  fetchMetadata,
  introspectToken,
  IssuerError,
  proofSigner,
  requestToken,
  revokeToken,
  tokenEndpointProof,
  tokenOf,
  type TokenSetting,
} from './tokens.js'
import type { Transport } from './transport.js'

/** The way that a run attacks: from the entry through the hops to the application that answers the canary resource. */
export type Way = {
  readonly route: Route
  /** Hops before the application, from the client inwards. */
  readonly path: readonly string[]
  readonly entry: { readonly hop: string; readonly base: string }
  readonly application: string
}

/** Everything a run knows and holds: made once, before the first attack. */
export type Session = {
  readonly way: Way
  readonly victim: RunnerClient
  readonly thief: RunnerClient
  readonly lab: Lab
  readonly kit: () => Kit
  readonly honest: () => Exchange
  /** Replaces tokens that are about to expire. */
  readonly renew: () => Promise<void>
  readonly hasRevocation: boolean
  readonly bearer: RunnerClient | undefined
  /** Tokens that were issued and must not outlive the run. */
  readonly cleanUp: () => Promise<void>
  /** Revokes what is no token, by a hint that the issuer knows (RFC 7009 §2.1). Resolves true where it acknowledged. */
  readonly revokeNamed: (client: RunnerClient, name: string, hint: string) => Promise<boolean>
  readonly metadata: Readonly<Record<string, unknown>>
  /** How many those are. */
  readonly issued: () => number
}

export type SessionOptions = {
  readonly chain: Chain
  readonly runner: Runner
  readonly way: Way
  readonly transport: Transport
  readonly now: () => number
  readonly wait: (ms: number) => Promise<void>
}

/** Gets the tokens and keys of victim and thief. Throws IssuerError where the issuer gives none. */
export async function openSession({ chain, runner, way, transport, now, wait }: SessionOptions): Promise<Session> {
  const [victimId = '', thiefId = ''] = chain.probe?.clients ?? []
  const victim = clientOf(runner, victimId)
  // With one client only, the thief is the same client with a key of their own.
  const thief =
    thiefId === '' ? { ...victim, ...(victim.dpopKey && { dpopKey: createKeyPair('ec', { namedCurve: 'P-256' }).privateKey }) } : clientOf(runner, thiefId)
  const isHandedIn = [victim, thief].every(({ handedIn }) => handedIn !== undefined)
  // Who is handed every token needs to know nothing of its issuer.
  const metadata = await fetchMetadata(transport, chain.issuer.url).catch((error: unknown) => {
    if (isHandedIn) return { token_endpoint: '' }
    throw error
  })
  const resource = way.route.audience[0] ?? way.entry.base
  const setting: TokenSetting = { transport, metadata, issuer: chain.issuer.url, resource, now }
  /** Every token that the run holds; `isOurs` where it asked for it, and so gives it back. */
  const held: { readonly client: RunnerClient; readonly token: Token; readonly isOurs: boolean }[] = []
  const issued = () => held.filter(({ isOurs }) => isOurs)

  const signer = (key: KeyObject): Signer => proofSigner(key, way.entry.base, now, () => transport.nonceAt({ at: 'edge' }))
  const signerOf = (client: RunnerClient): Signer | undefined => client.dpopKey && signer(client.dpopKey)
  const strangerKey = createKeyPair('ec', { namedCurve: 'P-256' }).privateKey
  const ownerSigner = signerOf(victim) ?? signer(strangerKey)
  const thiefSigner = signerOf(thief) ?? signer(strangerKey)

  const handIn = createHandIn()
  const obtain = async (client: RunnerClient, request: TokenRequest, signer: Signer | undefined): Promise<IssuerAnswer> => {
    const { handedIn } = client
    if (handedIn === undefined) {
      const answer = await requestToken(setting, client, request, signer)
      if (answer.token) held.push({ client, token: answer.token, isOurs: true })
      return answer
    }
    const tokenEndpoint = metadata.token_endpoint
    const proof = signer && tokenEndpointProof(tokenEndpoint, signer)
    const given = await handIn(client, handedIn, { issuer: chain.issuer.url, resource, tokenEndpoint, ...(proof === undefined ? {} : { proof }) })
    held.push({ client, token: given, isOurs: handedIn.from === 'command' && client.auth !== undefined })
    return { status: 200, fields: [], token: given }
  }
  const token: Lab['token'] = async (request = {}) => {
    const client = request.client === undefined ? victim : clientOf(runner, request.client)
    const { proof = 'owner' } = request
    // A command makes a token as it does; a list of them is not to be spent.
    const isPlain = proof === 'owner' && request.form === undefined && request.fields === undefined && request.resource === undefined
    if (client.handedIn && !(isPlain && client.handedIn.from === 'command')) return { status: 0, fields: [], error: 'handed_in' }
    const named = proof === 'none' ? undefined : proof === 'owner' ? signerOf(client) : proof === 'thief' ? thiefSigner : proof
    return obtain(client, request, named)
  }
  const need = async (client: RunnerClient): Promise<Token> => {
    const answer = await obtain(client, {}, signerOf(client))
    if (!answer.token) throw new IssuerError(`the issuer gave ${client.clientId} no token: ${answer.status} ${answer.error ?? ''}`.trim())
    return answer.token
  }
  const cleanUp = async (): Promise<void> => {
    for (const { client, token: one } of issued()) await revokeToken(setting, client, one).catch(() => false)
  }
  if (victim.handedIn?.from === 'list' && victim.handedIn.tokens.length < 2)
    throw new TypeError(`the runner file hands in one token of ${victimId}: attacks that swap tokens need a second one, bound to the same key`)
  let [victimToken, otherToken, thiefToken] = await inTurn([victim, victim, thief], need).catch(async (error: unknown) => {
    await cleanUp()
    throw error
  })
  /** Tokens are short-lived on purpose: a long run must not end in honest refusals. */
  const renew = async (): Promise<void> => {
    const isOld = (one: Token) => Number(one.claims['exp']) - now() < 45
    if (isOld(victimToken)) victimToken = await need(victim)
    if (isOld(otherToken)) otherToken = await need(victim)
    if (isOld(thiefToken)) thiefToken = await need(thief)
  }

  const honestWith = (one: Token): Exchange => {
    const bare: Exchange = {
      method: 'GET',
      target: `${chain.probe?.resource ?? '/'}?everyhop-challenge=${random()}`,
      authorization: [`${victim.dpopKey ? 'DPoP' : 'Bearer'} ${one.value}`],
      dpop: [],
      fields: [],
      certificate: victim.certificate ? 'own' : 'none',
      to: { at: 'edge' },
    }
    const whole = way.route.body === 'covered' ? withContent(bare, '') : bare
    return victim.dpopKey ? { ...whole, dpop: [ownerSigner(whole)] } : whole
  }
  const honest = (): Exchange => honestWith(victimToken)

  const kit = (): Kit => {
    const neighbour = way.path.at(-1)
    const isPlayable = neighbour !== undefined && way.path.every((hop) => runner.hops.has(hop))
    const attest: Kit['attest'] = (exchange, options) =>
      attestAs(
        {
          path: way.path,
          keys: runner.hops,
          authorities: new Map(way.path.map((hop) => [hop, chain.hops.get(hop)?.authority ?? ''])),
          base: way.entry.base.replace(/\/$/, ''),
          authority: chain.hops.get(way.application)?.authority ?? '',
          now: Math.floor(now()),
          jkt: victim.dpopKey ? jwkThumbprint(victim.dpopKey) : '',
        },
        exchange,
        options,
      )
    return {
      owner: ownerSigner,
      thief: thiefSigner,
      token: victimToken,
      otherToken,
      thiefToken,
      application: way.application,
      ...(neighbour === undefined ? {} : { neighbour }),
      path: way.path,
      forgeToken: (claims = {}, header = {}) =>
        compact({ ...victimToken.header, alg: algOf(strangerKey), ...header }, { ...victimToken.claims, jti: random(), ...claims }, strangerKey),
      sign: (who, header, claims) => compact(header, claims, (who === 'owner' ? victim.dpopKey : thief.dpopKey) ?? strangerKey),
      jwk: (who) => publicJwk((who === 'owner' ? victim.dpopKey : thief.dpopKey) ?? strangerKey),
      ...victimCertificate(runner),
      ...playedExchanger(exchangerIn(chain, way, runner), now),
      ...(isPlayable ? { attest } : {}),
      base: way.entry.base.replace(/\/$/, ''),
      now: Math.floor(now()),
      random,
    }
  }

  const earlier = new Map(
    [...runner.clients].flatMap(([id, client]) => (client.token === undefined ? [] : [[id, { client, token: tokenOf(client.token, 'Bearer') }] as const])),
  )
  /** A token goes only where its own client's tokens may go, and to another route only where that has an address. */
  const mayGo = ({ authorization, to }: Exchange): boolean => {
    const base = transport.baseOf(to)
    const { origin } = base === '' ? { origin: '' } : new URL(base)
    const holders = [...held, ...earlier.values()].filter(({ token: one }) => authorization.some((value) => value.includes(one.value)))
    const isReachable = to.at !== 'base' || (victim.origins.has(origin) && transport.origins.some((one) => one.origin === origin))
    return isReachable && holders.every(({ client }) => client.origins.has(origin))
  }

  /** Whose token is exchanged is the victim's always: the first hop that rebinds is the one that the prober can play. */
  const exchange: Lab['exchange'] = async (request = {}) => {
    const exchanger = exchangerIn(chain, way, runner)
    if (exchanger?.key === undefined) throw new TypeError('the runner has no credential of a hop that exchanges')
    const played: RunnerClient = { clientId: exchanger.hop, auth: { by: 'key', key: exchanger.key }, origins: victim.origins }
    const own: Asking = { client: played, key: exchanger.key, proof: signer(exchanger.key) }
    const stranger: Asking = { client: thief, key: thief.dpopKey ?? strangerKey, proof: thiefSigner }
    return exchangeAs(setting, request.as === 'thief' ? stranger : own, { honest: honest(), resource: exchanger.inner }, request)
  }

  const lab: Lab = {
    get kit() {
      return kit()
    },
    honest,
    send: async (exchange) => (mayGo(exchange) ? transport.send(exchange, victim) : NOT_SENT),
    token,
    exchange,
    revoke: async (one) => revokeToken(setting, held.find(({ token: known }) => known.value === one.value)?.client ?? victim, one),
    revokeAs: async (id, one) => revokeToken(setting, clientOf(runner, id), one),
    metadata: async () => metadata,
    introspect: async (one) => introspectToken(setting, victim, one),
    alerts: readAlerts,
    earlierToken: (id) => earlier.get(id)?.token,
    ...(/^https?:\/\/127\./.test(way.entry.base) ? { otherAddress: '127.0.0.9' } : {}),
    seen: transport.seen,
    wait,
    chain,
  }

  const bearerId = [...chain.clients.values()].find(({ waiver, id }) => waiver !== undefined && runner.clients.has(id))?.id
  return {
    way,
    victim,
    thief,
    lab,
    kit,
    honest,
    renew,
    hasRevocation: 'revocation_endpoint' in metadata && victim.auth !== undefined && victim.handedIn?.from !== 'list',
    bearer: bearerId === undefined ? undefined : runner.clients.get(bearerId),
    cleanUp,
    revokeNamed: (client, name, hint) => revokeToken(setting, client, { value: name }, hint),
    metadata,
    issued: () => issued().length,
  }
}

const NOT_SENT: Answer = { status: 0, fields: [], accepted: false, failed: 'unreachable' }

/** The three tokens of a session, one after the other. */
async function inTurn(
  [first, second, third]: readonly [RunnerClient, RunnerClient, RunnerClient],
  need: (client: RunnerClient) => Promise<Token>,
): Promise<[Token, Token, Token]> {
  return [await need(first), await need(second), await need(third)]
}

function clientOf(runner: Runner, id: string): RunnerClient {
  const client = runner.clients.get(id)
  if (!client) throw new TypeError(`the runner file has no credentials for the client ${id || '(none named in probe.clients)'}`)
  return client
}

type KnownExchanger = { readonly hop: string; readonly inner: string; readonly key: KeyObject | undefined }

/** The first hop on the way that exchanges tokens, and where it calls the next. */
function exchangerIn(chain: Chain, { path, application }: Way, runner: Runner): KnownExchanger | undefined {
  const hop = path.find((id) => chain.hops.get(id)?.forward === 'rebound')
  const inner = hop === undefined ? undefined : chain.hops.get([...path, application][path.indexOf(hop) + 1] ?? '')?.innerBase
  return hop === undefined || inner === undefined ? undefined : { hop, inner, key: runner.hops.get(hop) }
}

function playedExchanger(known: KnownExchanger | undefined, now: () => number): Pick<Kit, 'exchanger'> {
  if (known === undefined) return {}
  const { hop, inner, key } = known
  return { exchanger: { hop, inner, ...(key === undefined ? {} : { key: { jkt: jwkThumbprint(key), sign: proofSigner(key, inner, now) } }) } }
}

/** The victim's certificate is public: a thief may well have seen it. */
function victimCertificate(runner: Runner): Pick<Kit, 'victimCertificate'> {
  const pem = [...runner.clients.values()].find(({ certificate }) => certificate)?.certificate?.cert
  return pem === undefined ? {} : { victimCertificate: { pem, rfc9440: `:${new X509Certificate(pem).raw.toString('base64')}:` } }
}
