import { createKeyPair } from './create-key-pair.js'
import type { Chain, Finding, RevocationMeasure } from '@everyhop/chain'
import { revokedToken } from './attacks/rev/revoked-token.js'
import type { Answer, AttestOptions, Exchange, Signer, Token } from './attack.js'
import { execute } from './handed-in.js'
import { isOutage } from './judge-answer.js'
import { jwkThumbprint } from './jose.js'
import { InterruptedError } from './interrupted.js'
import type { Run } from './run-attack.js'
import { entrance } from './run-behind.js'
import type { Runner } from './runner-file.js'
import type { Session } from './session.js'
import { proofSigner } from './tokens.js'
import type { Transport } from './transport.js'

export type Measuring = {
  readonly chain: Chain
  readonly runner: Runner
  readonly session: Session
  readonly transport: Transport
  readonly samples: number
  /** Epoch milliseconds. */
  readonly clock: () => number
  readonly wait: (ms: number) => Promise<void>
  readonly signal?: AbortSignal
  readonly onProgress?: (progress: { readonly done: number; readonly of: number; readonly attack: string }) => void
}

export type Measured = {
  readonly measures: readonly RevocationMeasure[]
  /** Where something that was revoked still worked at the end: each is a breach. */
  readonly open: readonly Run[]
}

type Kind = RevocationMeasure['by']
const KINDS: readonly Kind[] = ['token', 'client', 'key', 'grant']

/** Three refusals in a row: one alone may be an instance that knows it while another does not. */
const STEADY = 3
const LIMIT_MS = 10_000
const PAUSE_MS = 20
/** What revokes all of a client stops what was issued until that second. */
const NEXT_SECOND_MS = 1_100

export const notMeasured = (reason: string): readonly RevocationMeasure[] => KINDS.map((by) => ({ by, entered: 'edge', at: 'issuer', samples: [], reason }))

/** Time from acknowledgement to the first steady refusal, by token, client, key and grant, through the edge and behind it. */
export async function measureRevocation(measuring: Measuring): Promise<Measured> {
  const measures: RevocationMeasure[] = []
  const open: Run[] = []
  for (const by of KINDS) {
    const places = placesOf(measuring)
    const reason = await measureKind(measuring, by, places)
    if (reason !== undefined) measures.push({ by, entered: 'edge', at: 'issuer', samples: [], reason })
    else for (const { at, entered, samples } of places) measures.push({ by, entered, at: at(), samples })
    if (reason === undefined)
      open.push(...places.flatMap(({ still }) => (still === undefined ? [] : [{ ...still, reason: `the ${by} was revoked, and ${still.reason}` }])))
  }
  return { measures, open }
}

type Place = {
  readonly entered: RevocationMeasure['entered']
  readonly enter: (exchange: Exchange, options?: AttestOptions) => Exchange
  /** Who refuses there, as far as its answers say. */
  readonly at: () => Finding['hop']
  readonly samples: (number | null)[]
  refusedBy?: string
  /** The last time that it let in what was revoked for good. */
  still?: Run
}

/** The way that clients take, and the application behind the hops where the prober can play the one before it. */
function placesOf({ chain, session }: Measuring): readonly Place[] {
  const { path, application } = session.way
  const [first = application] = path
  const way = first === application ? application : ([first, application] as const)
  const edge: Place = {
    entered: 'edge',
    enter: (exchange) => exchange,
    at: () => (edge.refusedBy !== undefined && chain.hops.has(edge.refusedBy) ? edge.refusedBy : way),
    samples: [],
  }
  const behind = entrance(session)
  return behind === undefined ? [edge] : [edge, { entered: 'direct', enter: behind, at: () => application, samples: [] }]
}

/** A sentence where it cannot be measured. */
async function measureKind(measuring: Measuring, by: Kind, places: readonly Place[]): Promise<string | undefined> {
  const { session, samples, signal, wait, onProgress } = measuring
  if (!session.hasRevocation) return 'the issuer offers no revocation to this client'
  if (session.victim.dpopKey === undefined) return 'the canary client proves no key'
  if (by === 'key' && session.victim.handedIn !== undefined) return 'tokens are handed in, bound to the one key of the canary, which is not to be revoked'
  for (let index = 0; index < samples; index++) {
    if (signal?.aborted) throw new InterruptedError()
    onProgress?.({ done: index, of: samples, attack: `revocation of the ${by}` })
    const reason = await measureOnce(measuring, by, places)
    if (reason !== undefined) return reason
    if (by === 'client') await wait(NEXT_SECOND_MS)
  }
  return undefined
}

type Bound = { readonly token: Token; readonly sign: Signer; readonly jkt: string }

async function measureOnce(measuring: Measuring, by: Kind, places: readonly Place[]): Promise<string | undefined> {
  const bound = await freshToken(measuring)
  if (bound === undefined) return 'the issuer gave no token to try it with'
  for (const place of places) {
    if (!(await attempt(measuring, bound, place)).answer.accepted) return 'a new token did not work before it was revoked'
  }
  const acknowledged = await revoke(measuring, by, bound)
  if (acknowledged !== true) return acknowledged
  await watch(measuring, bound, places)
  return undefined
}

/** Bound to a key of its own, so that the one of the canary stays good and no proof of it is used up. */
async function freshToken({ session, transport, clock }: Measuring): Promise<Bound | undefined> {
  const { victim, lab, way } = session
  const own = victim.handedIn === undefined ? createKeyPair('ec', { namedCurve: 'P-256' }).privateKey : victim.dpopKey
  if (own === undefined) return undefined
  const now = () => clock() / 1000
  const sign = proofSigner(own, way.entry.base, now, () => transport.nonceAt({ at: 'edge' }))
  const { token } = await lab.token(victim.handedIn === undefined ? { proof: sign } : {})
  return token && { token, sign, jkt: jwkThumbprint(own) }
}

async function attempt(
  { session, transport }: Measuring,
  { token, sign, jkt }: Bound,
  { enter }: Place,
): Promise<{ readonly exchange: Exchange; readonly answer: Answer }> {
  const bare: Exchange = { ...session.honest(), authorization: [`DPoP ${token.value}`] }
  const exchange = { ...enter({ ...bare, dpop: [sign(bare)] }, { jkt }) }
  return { exchange, answer: await transport.send(exchange, session.victim) }
}

/** True where the issuer, or the command of the runner file, acknowledged; else why there is no way. */
async function revoke({ chain, runner, session }: Measuring, by: Kind, { token, jkt }: Bound): Promise<true | string> {
  if (by === 'token') return (await session.lab.revoke(token)) || 'the issuer did not acknowledge'
  const command = runner.revocations?.get(by)
  const grant = chain.issuer.grantClaim === undefined ? undefined : token.claims[chain.issuer.grantClaim]
  if (command !== undefined) {
    const told = {
      EVERYHOP_CLIENT_ID: session.victim.clientId,
      EVERYHOP_ISSUER: chain.issuer.url,
      EVERYHOP_JKT: jkt,
      EVERYHOP_GRANT: typeof grant === 'string' ? grant : '',
    }
    return execute(command, told).then(
      () => true as const,
      (error: Error) => `revocations.${by} of the runner file failed (${error.message})`,
    )
  }
  // The reference issuer says that it is one; to any other a hint that it does not know means nothing (RFC 7009 §2.1).
  if (typeof session.metadata['everyhop_revocations_uri'] !== 'string' || by === 'grant') return `revocations.${by} of the runner file names no command for it`
  const name = by === 'client' ? session.victim.clientId : jkt
  for (const client of [session.victim, session.thief]) if (await session.revokeNamed(client, name, `everyhop_${by}`)) return true
  return by === 'key' ? 'the issuer lets neither canary revoke a key: register one that may' : 'the issuer did not acknowledge'
}

/** Asks each place until it refuses steadily, or the limit has passed. */
async function watch(measuring: Measuring, bound: Bound, places: readonly Place[]): Promise<void> {
  const { clock, wait } = measuring
  const startedAt = clock()
  const waiting = new Map(places.map((place) => [place, { first: 0, steady: 0 }]))
  while (waiting.size > 0) {
    for (const [place, state] of waiting) {
      const sentAt = clock() - startedAt
      const { exchange, answer } = await attempt(measuring, bound, place)
      if (answer.accepted) state.steady = 0
      else if (!isOutage(answer)) {
        if (state.steady++ === 0) state.first = sentAt
        if (answer.hop !== undefined) place.refusedBy = answer.hop
      }
      if (state.steady < STEADY && sentAt < LIMIT_MS) continue
      waiting.delete(place)
      place.samples.push(state.steady < STEADY ? null : Math.round(state.first))
      if (answer.accepted) place.still = stillIn(exchange, answer)
    }
    if (waiting.size > 0) await wait(PAUSE_MS)
  }
}

const stillIn = (exchange: Exchange, answer: Answer): Run => ({
  attack: revokedToken,
  outcome: 'breached',
  reason: `still let in ${LIMIT_MS / 1000} s after that was acknowledged`,
  judged: { exchange, answer },
  isBelieved: true,
})
