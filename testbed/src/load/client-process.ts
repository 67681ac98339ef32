import { setTimeout as pause } from 'node:timers/promises'
import { createHonestClients, type SignedRequest } from './honest-clients.js'
import type { Disturbance, LoadOptions } from './load-options.js'
import { send, type Answer } from './send.js'

/**
 * All clients, honest and thieves, in one process: sends the proofs evenly over the time, and copies of a share of them,
 * at once or later, to the same instance or the other. Counts how each honest request ended; whether a copy was let in
 * is not asked of the answers, but of what the instances wrote down.
 */

export type Tally = {
  sent: number
  accepted: number
  /** By code: refused while the store's memory was in doubt, or it was not there. */
  inDoubt: Record<string, number>
  inFlightAtKill: number
  /** By how it ended: must be empty. */
  lost: Record<string, number>
  copies: number
  /** By code, or `broken` or `down` where a process was gone. */
  copiesRefused: Record<string, number>
  /** Includes those whose first request was never let in. */
  copiesAccepted: number
  /** Milliseconds of honest requests that were accepted. */
  latency: { p50: number; p99: number; max: number }
}

type SetUp = LoadOptions & { readonly issuer: string; readonly issuerJwk: object; readonly ports: readonly number[] }

const { proofs, minutes, replayShare, issuer, issuerJwk, ports } = JSON.parse(process.argv[2]!) as SetUp
const clients = createHonestClients(issuer, issuerJwk)
const disturbances: Disturbance[] = []
process.on('message', (disturbance) => disturbances.push(disturbance as Disturbance))
process.once('disconnect', () => process.exit())

const tally: Tally = {
  sent: 0,
  accepted: 0,
  inDoubt: {},
  inFlightAtKill: 0,
  lost: {},
  copies: 0,
  copiesRefused: {},
  copiesAccepted: 0,
  latency: { p50: 0, p99: 0, max: 0 },
}
const latencies: number[] = []
const add = (counts: Record<string, number>, name: string) => (counts[name] = (counts[name] ?? 0) + 1)
const other = (instance: number) => (instance + 1) % ports.length

/** Honest requests without an answer. Above this no more are made: a machine that is too slow takes longer, and its proofs do not age in a queue. */
const MAX_WAITING = 200
let waiting = 0

/** An instance that is not there is told from one that fails: the client goes to the next, for as long as it takes. */
async function deliver(request: SignedRequest, first: number): Promise<Answer> {
  waiting += 1
  try {
    return await deliverTo(request, first)
  } finally {
    waiting -= 1
  }
}

async function deliverTo(request: SignedRequest, first: number): Promise<Answer> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    for (const instance of [first, other(first)]) {
      const answer = await send(ports[instance]!, request)
      if (answer.outcome !== 'down') return answer
    }
    await pause(100)
  }
  return { outcome: 'down' }
}

async function copy(request: SignedRequest, instance: number): Promise<Answer> {
  tally.copies += 1
  const answer = await send(ports[instance]!, request)
  if (answer.outcome === 'accepted') tally.copiesAccepted += 1
  else add(tally.copiesRefused, answer.outcome === 'refused' ? answer.code : answer.outcome)
  return answer
}

const isDisturbed = (what: Disturbance['what'], from: number, until: number) =>
  disturbances.some((one) => one.what === what && one.from <= until && from <= one.until)

/** Times are judged when all is over: the news of a kill may come after its consequences. */
const judgements: (() => void)[] = []

function count(answers: readonly Answer[], startedAt: number): void {
  const endedAt = Date.now()
  if (answers.some(({ outcome }) => outcome === 'accepted')) {
    tally.accepted += 1
    if (latencies.length < 2_000_000) latencies.push(endedAt - startedAt)
    return
  }
  const worst = answers.find(({ outcome }) => outcome === 'broken') ?? answers[0]!
  const name = worst.outcome === 'refused' ? worst.code : worst.outcome
  judgements.push(() => {
    if (worst.outcome === 'broken' && isDisturbed('guard', startedAt, endedAt)) tally.inFlightAtKill += 1
    else if (/^replay\.(forgotten|unavailable)$/.test(name) && isDisturbed('redis', startedAt, endedAt)) add(tally.inDoubt, name)
    else add(tally.lost, name)
  })
}

/** One proof, from its client and, for a share, from a thief. */
async function live(): Promise<void> {
  const request = clients.next()
  const instance = Math.random() < 0.5 ? 0 : 1
  const startedAt = Date.now()
  tally.sent += 1
  const theft = Math.random() < replayShare ? Math.floor(Math.random() * 4) : undefined
  if (theft === 0) {
    // At the same time: whoever comes first is let in, and only that one.
    count(await Promise.all([deliver(request, instance), copy(request, Math.random() < 0.5 ? instance : other(instance))]), startedAt)
    return
  }
  const answer = await deliver(request, instance)
  count([answer], startedAt)
  const isDoubtful = answer.outcome !== 'accepted' && Math.random() < 0.2
  if (theft === 1) await copy(request, instance)
  else if (theft === 2) await copy(request, other(instance))
  else if (theft === 3 || isDoubtful) {
    await pause(500 + Math.random() * 50_000)
    await copy(request, Math.random() < 0.5 ? instance : other(instance))
  }
}

const TICK_MS = 10
const total = minutes * 60_000
const startedAt = Date.now()
const lives = new Set<Promise<void>>()
while (tally.sent < proofs) {
  // What is behind catches up slowly: a machine that was stalled must not answer with a flood.
  const due = Math.min(proofs, Math.ceil((proofs * (Date.now() - startedAt)) / total)) - tally.sent
  const room = MAX_WAITING - waiting
  for (let index = 0; index < Math.min(due, room, 100); index += 1) {
    const one: Promise<void> = live().finally(() => lives.delete(one))
    lives.add(one)
  }
  await pause(TICK_MS)
}
const ranFor = (Date.now() - startedAt) / 1000
await Promise.all(lives)
for (const judge of judgements) judge()
latencies.sort((a, b) => a - b)
const quantile = (share: number) => latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? 0
tally.latency = { p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) }
process.send!({ tally, ranFor }, () => process.exit())
