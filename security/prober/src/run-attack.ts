import type { Answer, Attack, Exchange, ForgeAttack, Lab, Observation } from './attack.js'
import { describe, isOutage, isRightRefusal } from './judge-answer.js'
import type { Session } from './session.js'
import type { Transport } from './transport.js'

/** What one attack came to, with what attribution needs. */
export type Run = {
  readonly attack: Attack
  readonly outcome: Observation['outcome']
  readonly reason: string
  readonly place?: string
  /** Other hops where the same was seen. */
  readonly alsoAt?: readonly string[]
  /** Whether it is about other routes than the probe's own, none of them observed. */
  readonly isElsewhere?: true
  /** The exchange that was judged, and its answer. */
  readonly judged?: { readonly exchange: Exchange; readonly answer: Answer }
  /** Whether the application took what the request claims for true: it let it in, or answered somebody else. */
  readonly isBelieved?: boolean
  /** Which honest request was refused, where one was. */
  readonly refused?: { readonly exchange: Exchange; readonly answer: Answer }
}

export type RunOptions = {
  /** Whether witnesses may know the request; default true. */
  readonly isTagged?: boolean
  /** How a request comes in, where it does not come as the attack made it: behind a hop that the prober plays. */
  readonly enter?: (exchange: Exchange) => Exchange
}

/**
 * Honest, hostile, honest. A refusal counts only between two acceptances and for the right reason:
 * otherwise an outage, a rate limit or a mistake of ours was measured, and nothing is said about the chain.
 */
export async function runAttack(
  attack: Attack,
  session: Session,
  transport: Transport,
  { isTagged = true, enter = (exchange) => exchange }: RunOptions = {},
): Promise<Run> {
  await session.renew()
  const before = await sendHonest(session, transport, enter)
  if (!before.answer.accepted) return { attack, outcome: 'inconclusive', reason: `an honest request before it was ${describe(before.answer)}`, refused: before }

  const run =
    attack.kind === 'scripted' ? await runScript(attack, session.lab) : await runForged(attack, { session, transport, isTagged, enter, who: before.answer.who })
  if (run.outcome === 'not-applicable' || (run.outcome === 'breached' && !isAboutCaller(attack))) return run

  const after = await sendHonest(session, transport, enter)
  if (run.outcome === 'breached') {
    const isSteady = !after.answer.accepted || after.answer.who === before.answer.who
    return isSteady ? run : { attack, outcome: 'inconclusive', reason: 'whom the application names changes from one honest request to the next' }
  }
  if (!after.answer.accepted) return { attack, outcome: 'inconclusive', reason: `an honest request after it was ${describe(after.answer)}`, refused: after }
  return run
}

/** Whether being let in is no breach, but being taken for another caller is. */
const isAboutCaller = (attack: Attack): boolean => attack.kind === 'forge' && attack.expect !== 'refused' && attack.expect !== 'once'

async function sendHonest(session: Session, transport: Transport, enter: Enter): Promise<Judged> {
  const exchange = enter(session.honest())
  const answer = await transport.send(exchange, session.victim)
  if (answer.accepted || !wantsNonce(answer)) return { exchange, answer }
  const again = enter(session.honest())
  return { exchange: again, answer: await transport.send(again, session.victim) }
}

/** The answer to a proof whose nonce is missing or over: it brings the next one. RFC 9449 §9. */
const wantsNonce = ({ status, fields }: Answer): boolean => (status === 401 || status === 400) && fields.some(([name]) => name.toLowerCase() === 'dpop-nonce')

type Enter = NonNullable<RunOptions['enter']>
type Judged = NonNullable<Run['judged']>

/** What the script sent last is what its conclusion is about, where it does not name a place itself. */
async function runScript(attack: Extract<Attack, { kind: 'scripted' }>, lab: Lab): Promise<Run> {
  let judged: Judged | undefined
  const watched = Object.create(lab, {
    send: {
      value: async (exchange: Exchange) => {
        const answer = await lab.send(exchange)
        judged = { exchange, answer }
        return answer
      },
    },
  }) as Lab
  const observation = await attack.run(watched)
  return { attack, ...observation, ...(judged === undefined ? {} : { judged, isBelieved: judged.answer.accepted }) }
}

type Setting = {
  readonly session: Session
  readonly transport: Transport
  readonly isTagged: boolean
  readonly enter: Enter
  /** Who the application took the honest client for. */
  readonly who: string | undefined
}

async function runForged(attack: ForgeAttack, setting: Setting): Promise<Run> {
  const { session, transport, isTagged, enter, who } = setting
  // Each goes on the wire as an exchange of its own, so that a witness can tell two copies apart.
  const steps = attack.forge(session.honest(), session.kit()).map((exchange) => ({ ...enter(exchange) }))
  if (attack.expect === 'once') return judgeCopies(attack, steps, setting)
  const last = steps.at(-1)
  if (!last) return { attack, outcome: 'not-applicable', reason: 'there is nothing to send here' }

  const leads: Answer[] = []
  for (const step of steps.slice(0, -1)) leads.push(await transport.send(step, session.victim, isTagged))
  const answer = await transport.send(last, session.victim, isTagged)
  const isSomebodyElse = answer.accepted && answer.who !== who
  const judged = { exchange: last, answer }
  const as = (outcome: Run['outcome'], reason: string, isBelieved = answer.accepted): Run => ({ attack, outcome, reason, judged, isBelieved })

  if (answer.failed === 'unsupported') return { attack, outcome: 'not-applicable', reason: describe(answer) }
  const seen = await arrivedAsSent(attack, last, setting)
  const arrived = seen ?? []
  switch (attack.expect) {
    case 'accepted':
      if (isSomebodyElse) return as('breached', 'the application took the honest client for another')
      if (answer.accepted) return as('held', 'the equivalent request was let in')
      if (isOutage(answer)) return as('inconclusive', `the equivalent request was ${describe(answer)}`)
      return as('breached', `an honest request in another spelling was ${describe(answer)}`)
    case 'no-effect':
      if (isSomebodyElse) return as('breached', 'the application took the forged identity for the caller')
      if (arrived.length > 0) return as('breached', `${arrived.join(', ')} reached the application as the client sent it`, false)
      if (answer.accepted && seen === undefined) return as('inconclusive', 'the forged field changed nothing, and no witness tells whether a hop removed it')
      if (answer.accepted) return as('held', 'the forged field changed nothing')
      if (isOutage(answer) || (answer.code === undefined && !isRightRefusal(attack, answer)))
        return as('masked', `${describe(answer)}, which is not for the reason tested`)
      return as('held', describe(answer))
    default:
      if (answer.accepted) return as('breached', describe(answer))
      if (arrived.length > 0) return as('breached', `${arrived.join(', ')} reached the application as the client sent it, which refused it`)
      if (!leads.every(({ accepted }) => accepted))
        return as('inconclusive', `a request that should be let in before it was ${describe(leads.find(({ accepted }) => !accepted)!)}`)
      if (last.to.at === 'direct' && answer.failed === 'unreachable') return as('held', 'no connection could be made')
      if (isRightRefusal(attack, answer)) return as('held', describe(answer))
      return as('masked', `${describe(answer)}, which is not for the reason tested`)
  }
}

/** Names of fields that the hops should have removed and that the witness at the application saw as the client sent them; undefined where hops should have, and no witness saw the request. */
async function arrivedAsSent({ mustNotArrive = [] }: ForgeAttack, exchange: Exchange, { session, transport }: Setting): Promise<readonly string[] | undefined> {
  if (mustNotArrive.length === 0 || exchange.to.at !== 'edge' || session.way.path.length === 0) return []
  const sighting = await transport.seen(session.way.application, exchange)
  return sighting?.arrived ? mustNotArrive.filter((name) => sighting.intact(name)) : undefined
}

async function judgeCopies(attack: ForgeAttack, copies: readonly Exchange[], { session, transport }: Setting): Promise<Run> {
  const answers = await Promise.all(copies.map((copy) => transport.send(copy, session.victim)))
  const accepted = answers.filter((answer) => answer.accepted).length
  const at = Math.max(
    answers.findLastIndex((answer) => answer.accepted),
    0,
  )
  const judged = { exchange: copies[at]!, answer: answers[at]! }
  if (accepted > 1) return { attack, outcome: 'breached', reason: `${accepted} of ${copies.length} copies were let in`, judged, isBelieved: true }
  const others = answers.filter((answer) => !answer.accepted)
  if (accepted === 0) return { attack, outcome: 'masked', reason: `none of ${copies.length} copies was let in: the first was ${describe(answers[0]!)}`, judged }
  const outage = others.find((answer) => isOutage(answer) || (answer.code === undefined && !isRightRefusal(attack, answer)))
  if (outage) return { attack, outcome: 'masked', reason: `one of ${copies.length} copies was let in, and another was ${describe(outage)}`, judged }
  return { attack, outcome: 'held', reason: `one of ${copies.length} copies was let in`, judged }
}
