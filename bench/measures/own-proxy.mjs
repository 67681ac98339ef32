import { selfSigned } from '../certificate.mjs'
import { edgeSlice, pem } from '../gateway.mjs'
import { openConnections, wireOf } from '../load.mjs'
import { withKeys } from '../peers.mjs'
import { interleave, median, ratio } from '../rounds.mjs'
import { createClient, createClients, createWorld, HOST, proof, request } from '../world.mjs'
import { start } from './child.mjs'

const IN_FLIGHT = 32
const MANY = 1_000
const PEERS = ['http-proxy', 'fastify']
const AGAINST = 'a bare node:https + undici proxy that verifies nothing'

/**
 * The own proxy, attesting, beside a proxy that does nothing but pass on, and beside JS proxies with the fastest peer's DPoP check in front.
 * All end TLS, each in a process of its own, before one application.
 * @param {import('../rounds.mjs').Extent & { soakSeconds: number }} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function ownProxy({ soakSeconds, ...extent }) {
  const world = createWorld()
  const hop = createClient()
  const certificate = pem('CERTIFICATE', selfSigned(HOST, hop))
  const key = hop.privateKey.export({ format: 'pem', type: 'pkcs8' })
  return withKeys(world, async (jwksUri) => {
    const application = await open({ kind: 'application' })
    const set = {
      application: application.port,
      certificate,
      key,
      jwks: world.jwks,
      jwksUri,
      slice: edgeSlice('attested', hop),
      hop: hop.privateKey.export({ format: 'jwk' }),
    }
    /** @type {Awaited<ReturnType<typeof open>>[]} */
    const proxies = []
    try {
      for (const kind of ['bare', 'own', ...PEERS]) proxies.push(await open({ ...set, kind }))
      const own = proxies[1]
      if (own === undefined) throw new Error('there is no own proxy')
      const load = loadOf(world)
      return [...(await rates(proxies, load, extent)), await atMany(own, load), ...(await soak(own, load, soakSeconds))]
    } finally {
      for (const { end } of [...proxies, application]) end()
    }
  })
}

/** @param {Readonly<Record<string, unknown>> & { kind: string }} set */
async function open(set) {
  const child = start('./own-proxy.child.mjs', [JSON.stringify(set)])
  /** @returns {Promise<any>} */
  const told = () =>
    new Promise((resolve, reject) => {
      const hasEnded = () => reject(new Error(`${set.kind} ended`))
      child.once('exit', hasEnded)
      child.once('message', (message) => {
        child.off('exit', hasEnded)
        resolve(message)
      })
    })
  const port = /** @type {number} */ (await told())
  return {
    name: set.kind,
    port,
    /** @returns {Promise<{ user: number, system: number, rss: number, heapUsed: number }>} */
    usage: () => {
      child.send('usage')
      return told()
    },
    end: () => child.disconnect(),
  }
}

/** @param {import('../world.mjs').World} world */
function loadOf(world) {
  const { take } = createClients(world)
  /** @param {number} size */
  return (size) =>
    Array.from({ length: size }, () => {
      const { client, token } = take()
      const sent = request(token, proof(client, token))
      return wireOf({ ...sent, headers: [['Host', HOST], ...sent.headers.filter(([name]) => name.toLowerCase() !== 'host')] })
    })
}

/**
 * @param {readonly Awaited<ReturnType<typeof open>>[]} proxies
 * @param {(size: number) => readonly Buffer[]} load
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
async function rates(proxies, load, extent) {
  /** @type {Map<string, number[]>} */
  const cpu = new Map()
  const opened = await Promise.all(proxies.map(async (proxy) => ({ ...proxy, connections: await openConnections(proxy.port, IN_FLIGHT) })))
  const seconds = await interleave(
    opened.map(({ name, usage, connections }) => ({
      name,
      prepare: async (size) => load(size),
      async run(items) {
        const before = await usage()
        await connections.send(items)
        const after = await usage()
        cpu.set(name, [...(cpu.get(name) ?? []), (after.user + after.system - before.user - before.system) / items.length])
      },
    })),
    extent,
  )
  for (const { connections } of opened) connections.close()
  const [best = ''] = PEERS.toSorted((a, b) => median(seconds[a] ?? []) - median(seconds[b] ?? []))
  const samples = extent.rounds
  const how = `${IN_FLIGHT} connections, TLS`
  return [
    { name: 'own-proxy', value: ratio(seconds['bare'], seconds['own']), unit: 'ratio', against: AGAINST, samples },
    {
      name: 'own-proxy-vs-best-js-proxy',
      value: ratio(seconds[best], seconds['own']),
      unit: 'ratio',
      against: `${best} with express-oauth2-jwt-bearer`,
      samples,
    },
    ...proxies.map(({ name }) => ({ name: `own-proxy-rate-${name}`, value: 1 / median(seconds[name] ?? []), unit: '1/s', against: how, samples })),
    ...proxies.map(({ name }) => ({
      name: `own-proxy-cpu-${name}`,
      value: median(cpu.get(name)?.slice(extent.warmUp) ?? []),
      unit: 'µs',
      against: 'a request',
      samples,
    })),
  ]
}

/** @param {Awaited<ReturnType<typeof open>>} own
 * @param {(size: number) => readonly Buffer[]} load
 * @returns {Promise<import('../result.mjs').Result>} */
async function atMany(own, load) {
  const connections = await openConnections(own.port, MANY)
  await connections.send(load(2 * MANY))
  const { rss } = await own.usage()
  connections.close()
  return { name: 'own-proxy-rss', value: rss / 1_048_576, unit: 'MiB', against: `${MANY} connections, each used`, samples: 1 }
}

/** How much it holds more at the end than after the first tenth.
 * @param {Awaited<ReturnType<typeof open>>} own
 * @param {(size: number) => readonly Buffer[]} load
 * @param {number} seconds
 * @returns {Promise<readonly import('../result.mjs').Result[]>} */
async function soak(own, load, seconds) {
  const connections = await openConnections(own.port, IN_FLIGHT)
  const startedAt = performance.now()
  let count = 0
  const until = async (/** @type {number} */ end) => {
    while (performance.now() - startedAt < end * 1_000) {
      await connections.send(load(500))
      count += 500
    }
    return own.usage()
  }
  const early = await until(seconds / 10)
  const late = await until(seconds)
  connections.close()
  const against = `${count} requests in ${seconds} s, after collecting garbage`
  return [
    { name: 'own-proxy-soak-growth', value: (late.rss - early.rss) / 1_048_576, unit: 'MiB', against: `resident; ${against}`, samples: 1 },
    { name: 'own-proxy-soak-heap-growth', value: (late.heapUsed - early.heapUsed) / 1_048_576, unit: 'MiB', against, samples: 1 },
  ]
}
