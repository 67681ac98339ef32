import type { Answer, Attack, Exchange, ForgeAttack, Observation } from './attack.js'
import { describe, isRightRefusal } from './judge-answer.js'
import type { Session } from './session.js'
import type { Transport } from './transport.js'

/** What one attack came to, with what attribution needs. */
export type Run = {
  readonly attack: Attack
  readonly outcome: Observation['outcome']
  readonly reason: string
  readonly place?: string
  /** The exchange that was judged, and its answer. */
  readonly judged?: { readonly exchange: Exchange; readonly answer: Answer }
  /** Which honest request was refused, where one was. */
  readonly refused?: { readonly exchange: Exchange; readonly answer: Answer }
}

/**
 * Honest, hostile, honest. A refusal counts only between two acceptances and for the right reason:
 * otherwise an outage, a rate limit or a mistake of ours was measured, and nothing is said about the chain.
 */
export async function runAttack(attack: Attack, session: Session, transport: Transport, isTagged = true): Promise<Run> {
  await session.renew()
  const before = await sendHonest(session, transport)
  if (!before.answer.accepted) return { attack, outcome: 'inconclusive', reason: `an honest request before it was ${describe(before.answer)}`, refused: before }

  const run = attack.kind === 'scripted' ? { attack, ...(await attack.run(session.lab)) } : await runForged(attack, session, transport, isTagged)
  if (run.outcome === 'breached' || run.outcome === 'not-applicable') return run

  const after = await sendHonest(session, transport)
  if (!after.answer.accepted) return { attack, outcome: 'inconclusive', reason: `an honest request after it was ${describe(after.answer)}`, refused: after }
  return run
}

async function sendHonest(session: Session, transport: Transport): Promise<{ readonly exchange: Exchange; readonly answer: Answer }> {
  const exchange = session.honest()
  return { exchange, answer: await transport.send(exchange, session.victim) }
}

async function runForged(attack: ForgeAttack, session: Session, transport: Transport, isTagged: boolean): Promise<Run> {
  const exchanges = attack.forge(session.honest(), session.kit())
  // Each goes on the wire as an exchange of its own, so that a witness can tell two copies apart.
  const steps = exchanges.map((exchange) => ({ ...exchange }))
  if (attack.expect === 'once') return judgeCopies(attack, steps, session, transport)

  const lead = steps.slice(0, -1)
  const last = steps.at(-1)
  if (!last) return { attack, outcome: 'not-applicable', reason: 'there is nothing to send here' }
  for (const step of lead) await transport.send(step, session.victim, isTagged)
  const answer = await transport.send(last, session.victim, isTagged)
  const judged = { exchange: last, answer }

  switch (attack.expect) {
    case 'accepted':
      if (answer.accepted) return { attack, outcome: 'held', reason: 'the equivalent request was let in', judged }
      return { attack, outcome: 'breached', reason: `an honest request in another spelling was ${describe(answer)}`, judged }
    case 'no-effect':
      return judgeEffect(attack, judged, session, transport)
    default:
      if (answer.accepted) return { attack, outcome: 'breached', reason: describe(answer), judged }
      if (answer.failed === 'unreachable') return { attack, outcome: 'held', reason: 'no connection could be made', judged }
      if (isRightRefusal(attack, answer)) return { attack, outcome: 'held', reason: describe(answer), judged }
      return { attack, outcome: 'masked', reason: `${describe(answer)}, which is not for the reason tested`, judged }
  }
}

/** A forged field may be ignored or refused, but it must not reach the application as sent, nor change who is calling. */
async function judgeEffect(attack: ForgeAttack, judged: NonNullable<Run['judged']>, session: Session, transport: Transport): Promise<Run> {
  const { exchange, answer } = judged
  const honest = await sendHonest(session, transport)
  if (answer.accepted && answer.who !== honest.answer.who) return { attack, outcome: 'breached', reason: 'the application took the forged identity for the caller', judged }
  const sighting = await transport.seen(session.way.application, exchange)
  const arrived = sighting?.arrived ? (attack.mustNotArrive ?? []).filter((name) => sighting.intact(name)) : []
  if (arrived.length > 0 && answer.accepted) return { attack, outcome: 'breached', reason: `${arrived.join(', ')} reached the application as the client sent it`, judged }
  if (answer.accepted) return { attack, outcome: 'held', reason: 'the forged field changed nothing', judged }
  if (answer.code !== undefined || isRightRefusal(attack, answer)) return { attack, outcome: 'held', reason: describe(answer), judged }
  return { attack, outcome: 'masked', reason: `${describe(answer)}, which is not for the reason tested`, judged }
}

async function judgeCopies(attack: ForgeAttack, copies: readonly Exchange[], session: Session, transport: Transport): Promise<Run> {
  const answers = await Promise.all(copies.map((copy) => transport.send(copy, session.victim)))
  const accepted = answers.filter((answer) => answer.accepted).length
  const at = answers.findLastIndex((answer) => answer.accepted)
  const judged = { exchange: copies[Math.max(at, 0)]!, answer: answers[Math.max(at, 0)]! }
  if (accepted > 1) return { attack, outcome: 'breached', reason: `${accepted} of ${copies.length} copies were let in`, judged }
  if (accepted === 1) return { attack, outcome: 'held', reason: `one of ${copies.length} copies was let in`, judged }
  return { attack, outcome: 'masked', reason: `none of ${copies.length} copies was let in: the first was ${describe(answers[0]!)}`, judged }
}
