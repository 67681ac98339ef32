import { spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient as connectRedis } from 'redis'
import { evidenceFrom } from '@everyhop/verifier'
import { createRedisReplayStore } from '@everyhop/verifier/redis'
import { which } from '../../tools/setup/servers.mjs'
import { openVerifier, raw } from '../everyhop.mjs'
import { freePort } from '../free-port.mjs'
import { quantile } from '../rounds.mjs'
import { createClients, createWorld, proof, request } from '../world.mjs'

const REQUESTS = 3_000
const WARM_UP = 1_000
const TRIES = 100

/** What a Redis on loopback adds to a verification over the memory of the process, request by request in turn. */
export const redis = () => withRedis((client) => compare(createRedisReplayStore({ client })))

/**
 * Nothing where there is no Redis.
 * @param {(client: import('@everyhop/verifier/redis').RedisClient) => Promise<readonly import('../result.mjs').Result[]>} measure
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function withRedis(measure) {
  const command = which('redis-server')
  if (command === undefined) {
    console.error('redis-server is not installed: nothing is measured with it')
    return []
  }
  const folder = await mkdtemp(join(tmpdir(), 'everyhop-bench-'))
  const port = await freePort()
  const server = spawn(command, ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'], { stdio: 'ignore' })
  const client = connectRedis({
    socket: { host: '127.0.0.1', port, reconnectStrategy: (tries) => (tries < TRIES ? 100 : new Error('redis-server does not answer')) },
  })
  client.on('error', () => {})
  try {
    await client.connect()
    return await measure(client)
  } finally {
    client.destroy()
    server.kill()
    await new Promise((resolve) => server.once('exit', resolve))
    await rm(folder, { recursive: true, force: true })
  }
}

/** @param {import('@everyhop/verifier').ReplayStore} replay
 * @returns {Promise<readonly import('../result.mjs').Result[]>} */
async function compare(replay) {
  const world = createWorld()
  const { clients, take } = createClients(world)
  const [memory, shared] = [openVerifier(world), openVerifier(world, { replay })]
  await Promise.all([memory.ready(), shared.ready()])

  /** Milliseconds until the decision.
   * @param {import('@everyhop/verifier').Verifier} verifier */
  const taken = async (verifier) => {
    const { client, token } = take()
    const received = raw(request(token, proof(client, token)))
    const startedAt = performance.now()
    const decision = await verifier.verify(evidenceFrom(received))
    const milliseconds = performance.now() - startedAt
    if (decision.verdict !== 'allow') throw new Error(`an honest request was refused: ${decision.code}`)
    return milliseconds
  }

  // A memory that is new refuses what could have been used before it began.
  const [{ client, token } = take()] = clients
  let isSure = false
  for (let tries = 0; !isSure; tries += 1) {
    if (tries > TRIES) throw new Error('the store does not get sure of its memory')
    await sleep(250)
    isSure = (await shared.verify(evidenceFrom(raw(request(token, proof(client, token)))))).verdict === 'allow'
  }
  /** @type {{ memory: number, shared: number }[]} */
  const times = []
  for (let index = 0; index < REQUESTS + WARM_UP; index += 1) {
    const both = { memory: await taken(memory), shared: await taken(shared) }
    if (index >= WARM_UP) times.push(both)
  }
  /** @param {number} fraction */
  const added = (fraction) =>
    quantile(
      times.map((both) => both.shared),
      fraction,
    ) -
    quantile(
      times.map((both) => both.memory),
      fraction,
    )
  const against = 'the same with the memory of the process'
  return [
    { name: 'redis-added-p50', value: added(0.5), unit: 'ms', against, samples: REQUESTS },
    { name: 'redis-added-p99', value: added(0.99), unit: 'ms', against, samples: REQUESTS },
  ]
}
