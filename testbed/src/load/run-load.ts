import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createReadStream, rmSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Tally } from './client-process.js'
import { startIssuerOfLoad } from './issuer-of-load.js'
import { AFTERMATH, DOUBT, type Disturbance, type LoadOptions } from './load-options.js'
import { guardProcess, redisProcess, type RedisProcess, type Victim } from './servers.js'

export type LoadResult = {
  readonly options: LoadOptions
  readonly tally: Tally
  /** Seconds that the sending took. */
  readonly ranFor: number
  /** Second of the run, and what was done then. */
  readonly disturbances: readonly { readonly at: number; readonly what: string }[]
  /** Entries that the instances wrote down, over all their lives. */
  readonly letIn: number
  /** Proofs that were let in more than once: must be 0. */
  readonly replaysAccepted: number
  readonly holds: boolean
}

/** Two processes with the guard on one Redis, all three killed again and again while proofs and copies of them arrive. */
export async function runLoad(options: LoadOptions, say: (line: string) => void): Promise<LoadResult> {
  const folder = await mkdtemp(join(tmpdir(), 'everyhop-load-'))
  const remove = () => rmSync(folder, { recursive: true, force: true })
  process.once('exit', remove)
  const issuer = await startIssuerOfLoad()
  const redis = await redisProcess(folder)
  const ledgers = ['let-in-1', 'let-in-2'].map((name) => join(folder, name))
  const stops: (() => Promise<void>)[] = [redis.kill]
  try {
    await redis.start()
    const guards = ledgers.map((ledger) => guardProcess({ issuer: issuer.url, redisPort: redis.port(), port: 0, ledger }))
    stops.unshift(...guards.map((guard) => guard.kill))
    await Promise.all(guards.map((guard) => guard.start()))
    say(`two guards on one Redis; its memory has just begun, ${DOUBT} s until proofs are accepted`)
    await pause(DOUBT * 1000)

    const setUp = { ...options, issuer: issuer.url, issuerJwk: issuer.privateJwk, ports: guards.map((guard) => guard.port()) }
    const client = fork(fileURLToPath(new URL('client-process.js', import.meta.url)), [JSON.stringify(setUp)])
    stops.unshift(async () => void client.kill('SIGKILL'))
    const done = Promise.race([
      once(client, 'message').then(([message]) => message as { tally: Tally; ranFor: number }),
      once(client, 'exit').then(() => Promise.reject(new Error('the client process ended early'))),
    ])
    done.catch(() => {})
    const tell = (disturbance: Disturbance) => void client.send(disturbance)
    const disturbances = await disturb(plan(options.minutes, guards, redis), options.minutes, tell, say)
    say('no more disturbances; late copies are still on their way')
    const { tally, ranFor } = await done
    await Promise.all(guards.map((guard) => guard.kill()))
    const { letIn, replaysAccepted } = await readLedgers(ledgers)
    const holds = replaysAccepted === 0 && Object.keys(tally.lost).length === 0 && tally.sent === options.proofs
    return { options, tally, ranFor, disturbances, letIn, replaysAccepted, holds }
  } finally {
    await Promise.all(stops.map((stop) => stop()))
    issuer.close()
    process.off('exit', remove)
    remove()
  }
}

type Step = { readonly name: string; readonly what: Disturbance['what']; readonly does: () => Promise<void> }

/** Six kinds of trouble, once each within five minutes. */
function plan(minutes: number, guards: readonly Victim[], redis: RedisProcess): readonly Step[] {
  const again = async (victims: readonly Victim[]) => {
    await Promise.all(victims.map((victim) => victim.kill()))
    await pause(500)
    await Promise.all(victims.map((victim) => victim.start()))
  }
  const round: readonly Step[] = [
    { name: 'guard 1 killed', what: 'guard', does: () => again(guards.slice(0, 1)) },
    { name: 'Redis killed', what: 'redis', does: () => again([redis]) },
    { name: 'guard 2 killed', what: 'guard', does: () => again(guards.slice(1)) },
    { name: 'Redis wiped', what: 'redis', does: async () => void (await redis.command('flushall')) },
    { name: 'both guards killed', what: 'guard', does: () => again(guards) },
    {
      name: 'Redis restarted in order',
      what: 'redis',
      does: async () => {
        await redis.finish()
        await redis.start()
      },
    },
  ]
  return Array.from({ length: Math.ceil(minutes / 5) }, () => round).flat()
}

/** Evenly over the time. The client hears of a disturbance when it is over, with the time in which its consequences may show. */
async function disturb(steps: readonly Step[], minutes: number, tell: (disturbance: Disturbance) => void, say: (line: string) => void) {
  const startedAt = Date.now()
  const between = (minutes * 60_000) / (steps.length + 1)
  const done: { at: number; what: string }[] = []
  for (const [index, { name, what, does }] of steps.entries()) {
    await pause(Math.max(0, startedAt + between * (index + 1) - Date.now()))
    const from = Date.now()
    const at = Math.round((from - startedAt) / 1000)
    say(`${at} s: ${name}`)
    await does()
    tell({ what, from, until: Date.now() + (what === 'redis' ? DOUBT : AFTERMATH) * 1000 })
    done.push({ at, what: name })
  }
  return done
}

/** What was let in, by the instances' own word. The last line of a killed process may lack its end, never its id. */
async function readLedgers(files: readonly string[]): Promise<{ letIn: number; replaysAccepted: number }> {
  const seen = new Set<string>()
  let letIn = 0
  for (const file of files) {
    for await (const id of createInterface({ input: createReadStream(file) })) {
      letIn += 1
      seen.add(id)
    }
  }
  return { letIn, replaysAccepted: letIn - seen.size }
}
