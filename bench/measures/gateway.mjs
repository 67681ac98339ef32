import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findNginx } from '@everyhop/gateway/processes'
import { startGateway } from '../gateway.mjs'
import { openConnections, wireOf } from '../load.mjs'
import { interleave, median, quantile, ratio } from '../rounds.mjs'
import { createClient, createClients, createWorld, proof, request } from '../world.mjs'

const IN_FLIGHT = 32
const MODES = /** @type {const} */ (['passthrough', 'attested'])
const BLIND = 'blind'
const AGAINST = 'the same nginx, with a service that answers 204 without looking'

/**
 * Requests a second through a real nginx that asks the decision service, over those through the same nginx with the same configuration
 * that asks a service which says yes to everything.
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function gateway(extent) {
  if (findNginx() === undefined) {
    console.error('nginx is not installed: nothing is measured behind it')
    return []
  }
  const dir = await mkdtemp(join(tmpdir(), 'everyhop-bench-'))
  const world = createWorld()
  const hop = createClient()
  /** @type {Awaited<ReturnType<typeof open>>[]} */
  const gateways = []
  try {
    gateways.push(await open(BLIND, world, { mode: 'attested', hop, isBlind: true, dir: join(dir, BLIND) }))
    for (const mode of MODES) gateways.push(await open(mode, world, { mode, hop, isBlind: false, dir: join(dir, mode) }))
    return await measure(world, gateways, extent)
  } finally {
    for (const { close } of gateways) await close()
    await rm(dir, { recursive: true, force: true })
  }
}

/** @param {string} name
 * @param {import('../world.mjs').World} world
 * @param {Parameters<typeof startGateway>[1]} set */
async function open(name, world, set) {
  const { port, cpu, close } = await startGateway(world, set)
  const connections = await openConnections(port, IN_FLIGHT)
  return {
    name,
    cpu,
    send: connections.send,
    close: async () => {
      connections.close()
      await close()
    },
  }
}

/**
 * @param {import('../world.mjs').World} world
 * @param {readonly Awaited<ReturnType<typeof open>>[]} gateways
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
async function measure(world, gateways, extent) {
  const { take } = createClients(world)
  const gathered = new Map(gateways.map(({ name }) => [name, { cpu: /** @type {number[]} */ ([]), latencies: /** @type {number[]} */ ([]) }]))
  const seconds = await interleave(
    gateways.map(({ name, send, cpu }) => ({
      name,
      prepare: async (size) =>
        Array.from({ length: size }, () => {
          const { client, token } = take()
          return wireOf(request(token, proof(client, token)))
        }),
      async run(items) {
        const before = await cpu()
        const { latencies } = await send(items)
        gathered.get(name)?.cpu.push(((await cpu()) - before) / items.length)
        gathered.get(name)?.latencies.push(...latencies)
      },
    })),
    extent,
  )
  const samples = extent.rounds
  /** @param {string} name */
  const countedOf = (name) => {
    const { cpu = [], latencies = [] } = gathered.get(name) ?? {}
    return { cpu: median(cpu.slice(extent.warmUp)), p99: quantile(latencies.slice(extent.warmUp * extent.size), 0.99) }
  }
  const blind = countedOf(BLIND)
  return [
    { name: 'decision-blind-rate', value: 1 / median(seconds[BLIND] ?? []), unit: '1/s', against: AGAINST, samples },
    ...MODES.flatMap((mode) => {
      const { cpu, p99 } = countedOf(mode)
      return [
        { name: `decision-${mode}`, value: ratio(seconds[BLIND], seconds[mode]), unit: 'ratio', against: AGAINST, samples },
        { name: `decision-${mode}-rate`, value: 1 / median(seconds[mode] ?? []), unit: '1/s', against: `${IN_FLIGHT} connections, TLS`, samples },
        { name: `decision-${mode}-added-p99`, value: p99 - blind.p99, unit: 'ms', against: AGAINST, samples: samples * extent.size },
        { name: `decision-${mode}-added-cpu`, value: cpu - blind.cpu, unit: 'µs', against: AGAINST, samples },
      ]
    }),
  ]
}
