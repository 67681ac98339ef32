import { timingSafeEqual } from 'node:crypto'
import { CANARY_FIELD, markerOf, type Sighted } from '@everyhop/canary'
import type { Answer, Exchange, Field } from './attack.js'
import { callerIn, learnFingerprint, matches, type Fingerprint, type Whole } from './fingerprint.js'
import type { Session } from './session.js'
import type { Transport } from './transport.js'
import type { WireAnswer } from './wire.js'

/** Tells whether an answer is the application's own, and for whom: what a refusal looks like is nobody's to say. */
export type Recogniser = {
  readonly read: (wire: WireAnswer, asked: Pick<Exchange, 'method' | 'target'>) => Answer
  /** Looks at answers before the first attack. */
  readonly learn: (session: Session, transport: Transport) => Promise<void>
}

/** By the canary's marker where the runner shares its key, else by likeness. */
export const createRecogniser = (canaryKey: Uint8Array | undefined): Recogniser => (canaryKey ? byMarker(canaryKey) : byLikeness())

/** Let in only where the canary's marker holds for the challenge that was sent. */
function byMarker(key: Uint8Array): Recogniser {
  return {
    learn: async () => {},
    read(wire, { target }) {
      if ('failed' in wire) return failedAs(wire.failed)
      const { status, fields, body } = wire
      const challenge = /[?&]everyhop-challenge=([\w-]+)/.exec(target)?.[1] ?? ''
      const said = readCanary(body === '' ? canaryField(fields) : body)
      const accepted = said !== undefined && challenge !== '' && holds(key, { ...said, challenge }, said.canary)
      return { status, fields, accepted, ...(accepted ? { who: said.who } : {}), ...refusalIn(body) }
    },
  }
}

/** Let in where the answer is like those to honest requests, and unlike those to requests that cannot be honest. */
function byLikeness(): Recogniser {
  let known: Fingerprint | undefined
  return {
    async learn(session, transport) {
      known = await learnFrom(session, transport)
    },
    read(wire, { method }) {
      if ('failed' in wire) return failedAs(wire.failed)
      const { status, fields, body } = wire
      const accepted = known !== undefined && matches(known, wire, method)
      return { status, fields, accepted, ...(accepted && known && method !== 'HEAD' ? { who: callerIn(known, wire) } : {}), ...refusalIn(body) }
    },
  }
}

async function learnFrom(session: Session, transport: Transport): Promise<Fingerprint | undefined> {
  const { victim, honest, kit } = session
  const [scheme = ''] = honest().authorization[0]?.split(' ') ?? []
  const asThief = (): Exchange => {
    const bare = {
      ...honest(),
      authorization: [`${scheme} ${kit().thiefToken.value}`],
      certificate: victim.certificate ? ('other' as const) : ('none' as const),
    }
    return { ...bare, dpop: victim.dpopKey ? [kit().thief(bare)] : [] }
  }
  const asNobody = (): Exchange => ({ ...honest(), authorization: [], dpop: [], certificate: 'none' })
  const asAnybody = (): Exchange => ({ ...honest(), authorization: [`${scheme} ${kit().random()}`] })

  const ask = async (make: () => Exchange) => {
    // The first answer may only bring the nonce that the second request needs.
    const answer = await transport.ask(make(), victim)
    const again = !('failed' in answer) && answer.status === 401 && transport.nonceAt({ at: 'edge' }) !== undefined
    return again ? transport.ask(make(), victim) : answer
  }
  const several = async (make: readonly (() => Exchange)[]) => {
    const found = []
    for (const one of make) found.push(await ask(one))
    return found.filter(hasCome)
  }
  return learnFingerprint({
    honest: await several([honest, honest, honest]),
    other: await several([asThief, asThief]),
    refused: await several([asNobody, asAnybody]),
  })
}

const hasCome = (answer: WireAnswer): answer is Whole => !('failed' in answer)

const failedAs = (failed: NonNullable<Answer['failed']>): Answer => ({ status: 0, fields: [], accepted: false, failed })

function holds(key: Uint8Array, sighted: Sighted, claimed: string): boolean {
  const right = Buffer.from(markerOf(key, sighted))
  const given = Buffer.from(claimed)
  return right.length === given.length && timingSafeEqual(right, given)
}

type Said = { readonly canary: string; readonly method: string; readonly path: string; readonly who: string }

function readCanary(body: string): Said | undefined {
  const { canary, method, path, who } = jsonIn(body)
  const isWhole = typeof canary === 'string' && typeof method === 'string' && typeof path === 'string' && typeof who === 'string'
  return isWhole ? { canary, method, path, who } : undefined
}

/** An answer without content, to HEAD, has it in a field. */
function canaryField(fields: readonly Field[]): string {
  const value = fields.find(([name]) => name.toLowerCase() === CANARY_FIELD.toLowerCase())?.[1] ?? ''
  return Buffer.from(value, 'base64url').toString('utf8')
}

/** Our own parts say in a refusal which hop refuses, and why. Anything that is not spelled like that is left alone: it might be what was sent. */
function refusalIn(body: string): { readonly code?: string; readonly hop?: string } {
  const { code, hop } = jsonIn(body)
  const isCode = typeof code === 'string' && code.length <= 64 && /^[a-z-]+\.[a-z-]+$/.test(code)
  const isHop = typeof hop === 'string' && /^[\w.-]{1,64}$/.test(hop)
  return { ...(isCode ? { code } : {}), ...(isCode && isHop ? { hop } : {}) }
}

function jsonIn(body: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}
