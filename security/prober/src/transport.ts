import { valueMac, writeRunTag, type WitnessReport } from '@everyhop/canary'
import type { Chain } from '@everyhop/chain'
import type { Answer, Exchange, Field, Ingress, Sighting } from './attack.js'
import type { Budget } from './budget.js'
import type { Recogniser } from './recognise.js'
import { random } from './jose.js'
import { pinOrigin, type PinnedOrigin, type Resolve } from './origin.js'
import type { Runner, RunnerClient } from './runner-file.js'
import { sendOverHttp2 } from './wire-http2.js'
import { sendOnWire, type WireAnswer, type WireRequest } from './wire.js'

const TIMEOUT_MS = 8_000

/** Sends what attacks make, to pinned addresses and within the budget, and asks witnesses what arrived. */
export type Transport = {
  readonly run: string
  readonly origins: readonly PinnedOrigin[]
  readonly send: (exchange: Exchange, from: RunnerClient, isTagged?: boolean) => Promise<Answer>
  /** The same, before anybody says whether it was let in. */
  readonly ask: (exchange: Exchange, from: RunnerClient, isTagged?: boolean) => Promise<WireAnswer>
  /** The nonce that proofs for this entry need, as its last answer said. RFC 9449 §8.2. */
  readonly nonceAt: (ingress: Ingress) => string | undefined
  /** Any request to an origin of the chain; for metadata, tokens and consent. */
  readonly request: (origin: string, request: WireRequest, from?: RunnerClient) => Promise<WireAnswer>
  /** What the witness at a hop saw of an exchange that was sent tagged. */
  readonly seen: (hop: string, exchange: Exchange) => Promise<Sighting | undefined>
  /** Empty where the manifest names none. */
  readonly baseOf: (ingress: Ingress) => string
}

export type TransportOptions = {
  readonly chain: Chain
  readonly runner: Runner
  readonly entry: { readonly hop: string; readonly base: string }
  readonly budget: Budget
  readonly recogniser: Recogniser
  readonly resolve?: Resolve
}

export async function createTransport({ chain, runner, entry, budget, recogniser, resolve }: TransportOptions): Promise<Transport> {
  const run = random()
  const direct = [...chain.hops.values()].flatMap((hop) => (hop.ingress === undefined ? [] : [[hop.id, hop.ingress] as const]))
  const urls = [entry.base, chain.issuer.url, ...direct.map(([, url]) => url)]
  const pinned = new Map<string, PinnedOrigin>()
  for (const url of urls) {
    const { origin } = new URL(url)
    if (!pinned.has(origin)) pinned.set(origin, await pinOrigin(url, resolve))
  }
  for (const one of await otherEntries(chain, resolve)) if (!pinned.has(one.origin)) pinned.set(one.origin, one)
  /** By origin. */
  const nonces = new Map<string, string>()
  const numbers = new WeakMap<Exchange, number>()
  let count = 0
  const [anyWitness] = runner.witnesses.values()

  const baseOf = (ingress: Ingress): string => {
    if (ingress.at === 'edge') return entry.base
    return (ingress.at === 'base' ? chain.hops.get(ingress.hop)?.bases[0] : new Map(direct).get(ingress.hop)) ?? ''
  }

  /** As it goes on the wire: behind the path of a base. */
  const targetOf = ({ to, target }: Exchange): string => {
    const { pathname } = new URL(baseOf(to))
    return to.at !== 'direct' && pathname !== '/' ? pathname.replace(/\/$/, '') + target : target
  }
  const rewrites = [...chain.hops.values()].some(({ rewrite }) => rewrite !== undefined)

  type Connection = { readonly certificate?: RunnerClient['certificate']; readonly localAddress?: string | undefined; readonly serverName?: string | undefined }
  async function request(
    origin: string,
    wire: WireRequest,
    from?: RunnerClient,
    { certificate, localAddress, serverName }: Connection = {},
  ): Promise<WireAnswer> {
    // An endpoint of the issuer at an origin of its own, which the runner file names.
    if (from?.origins.has(origin) && !pinned.has(origin)) pinned.set(origin, await pinOrigin(origin, resolve))
    const target = pinned.get(origin)
    if (!target) throw new TypeError(`${origin} is no origin of this chain`)
    if (from && !from.origins.has(origin)) throw new TypeError(`the runner file does not allow the credentials of ${from.clientId} at ${origin}`)
    if (localAddress !== undefined && !target.isLoopback) throw new TypeError(`${origin} is not on loopback, where other addresses of this machine are heard`)
    await budget.take()
    const { address, port, authority } = target
    const servername = serverName === '' ? undefined : (serverName ?? target.servername)
    const tls = {
      ...(servername === undefined ? {} : { servername }),
      ...(runner.ca === undefined ? {} : { ca: runner.ca }),
      ...(certificate === undefined ? {} : { certificate }),
    }
    const local = localAddress === undefined ? {} : { localAddress }
    const sendIt = wire.version === '2' ? sendOverHttp2 : sendOnWire
    return sendIt({ address, port, authority, ...local, ...(target.isTls ? { tls } : {}) }, wire, TIMEOUT_MS)
  }

  const transport: Transport = {
    run,
    origins: [...pinned.values()],
    baseOf,
    request: (origin, wire, from) => request(origin, wire, from, { certificate: from?.certificate }),
    async ask(exchange, from, isTagged = true) {
      const { origin } = new URL(baseOf(exchange.to))
      const number = ++count
      numbers.set(exchange, number)
      const tag: readonly Field[] =
        isTagged && anyWitness
          ? [
              ['Everyhop-Run', writeRunTag(anyWitness.tagKey, { run, n: number })],
              ['User-Agent', `everyhop-probe/${run}`],
            ]
          : []
      const fields = [
        ...exchange.authorization.map((value): Field => ['Authorization', value]),
        ...exchange.dpop.map((value): Field => ['DPoP', value]),
        ...exchange.fields,
        ...tag,
      ]
      const wire = await request(
        origin,
        {
          method: exchange.method,
          target: targetOf(exchange),
          fields,
          ...(exchange.version ? { version: exchange.version } : {}),
          ...(exchange.trailers ? { trailers: exchange.trailers } : {}),
          ...(exchange.body === undefined ? {} : { body: exchange.body }),
        },
        from,
        { certificate: certificateFor(exchange, from, runner), localAddress: exchange.from, serverName: exchange.serverName },
      )
      const nonce = 'failed' in wire ? undefined : wire.fields.find(([name]) => name.toLowerCase() === 'dpop-nonce')?.[1]
      if (nonce !== undefined) nonces.set(origin, nonce)
      return wire
    },
    async send(exchange, from, isTagged) {
      return recogniser.read(await transport.ask(exchange, from, isTagged), exchange)
    },
    nonceAt: (ingress) => nonces.get(new URL(baseOf(ingress)).origin),
    async seen(hop, exchange) {
      const witness = runner.witnesses.get(hop)
      const number = numbers.get(exchange)
      if (!witness || number === undefined) return undefined
      return readSighting(witness, run, number, exchange, rewrites ? undefined : targetOf(exchange))
    },
  }
  return transport
}

/** Where the clients of other routes enter: only attacks on exceptions go there, and a base that leads nowhere stops no run. */
async function otherEntries(chain: Chain, resolve: Resolve | undefined): Promise<readonly PinnedOrigin[]> {
  if (chain.waivers.size === 0) return []
  const bases = [...chain.hops.values()].flatMap((hop) => hop.bases)
  const found = await Promise.all(bases.map((base) => pinOrigin(base, resolve).catch(() => undefined)))
  return found.filter((one) => one !== undefined)
}

function certificateFor({ certificate }: Exchange, from: RunnerClient, runner: Runner): RunnerClient['certificate'] {
  if (certificate === 'none') return undefined
  if (certificate === 'own') return from.certificate
  return [...runner.clients.values()].find((client) => client !== from && client.certificate)?.certificate
}

type WitnessAccess = Runner['witnesses'] extends ReadonlyMap<string, infer W> ? W : never

async function readSighting(
  { url, secret, tagKey }: WitnessAccess,
  run: string,
  number: number,
  exchange: Exchange,
  target: string | undefined,
): Promise<Sighting | undefined> {
  let report: WitnessReport
  try {
    const response = await fetch(`${url}/seen?run=${run}&n=${number}`, {
      headers: { authorization: `Bearer ${secret}` },
      redirect: 'error',
      signal: AbortSignal.timeout(2_000),
    })
    if (!response.ok) return undefined
    report = (await response.json()) as WitnessReport
  } catch {
    return undefined
  }
  const sent = (name: string): readonly string[] => {
    if (name === 'authorization') return exchange.authorization
    if (name === 'dpop') return exchange.dpop
    return exchange.fields.filter(([field]) => field.toLowerCase() === name).map(([, value]) => value)
  }
  const arrived = (name: string): readonly string[] => report.fields[name.toLowerCase()]?.map(({ mac }) => mac) ?? []
  const isAsAsked = report.method === exchange.method && report.path === target?.split('?', 1)[0]
  return {
    ...(target !== undefined && report.arrivals > 0 ? { isAsAsked } : {}),
    arrived: report.arrivals > 0,
    count: (name) => arrived(name).length,
    intact(name) {
      const expected = sent(name.toLowerCase()).map((value) => valueMac(tagKey, run, value))
      const actual = arrived(name)
      return expected.length > 0 && expected.length === actual.length && expected.every((digest, index) => digest === actual[index])
    },
  }
}
