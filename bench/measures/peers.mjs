import { peer as everyhop } from '../everyhop.mjs'
import { peers, withKeys } from '../peers.mjs'
import { interleave, median, ratio } from '../rounds.mjs'
import { createClients, createWorld, proof, request } from '../world.mjs'

const IN_FLIGHT = 32
const CLIENTS = 64
/** Everyhop is done with a round that many times as soon. */
const TIMES = 4

/**
 * Every library on tokens that it has seen and on proofs of its own, one request after the other and 32 at a time. Each keeps what it has of
 * replay detection; two have none.
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function besidePeers(extent) {
  const world = createWorld()
  return withKeys(world, async (jwksUri) => {
    const all = [everyhop, ...(await peers())]
    const opened = await Promise.all(all.map((peer) => opener(peer, world, jwksUri)))
    const sequential = await interleave(
      opened.map((one) => contender(one, oneByOne)),
      extent,
    )
    const parallel = await interleave(
      opened.map((one) => contender(one, together)),
      extent,
    )
    return [...rates('', 'one after the other', sequential, extent.rounds), ...rates('parallel-', `${IN_FLIGHT} in flight`, parallel, extent.rounds)]
  })
}

/** @typedef {(request: any) => Promise<boolean>} Accepts */

/** @param {import('../peer.mjs').Peer} peer
 * @param {import('../world.mjs').World} world
 * @param {string} jwksUri */
async function opener(peer, world, jwksUri) {
  const { native, accepts, nonce } = await peer.open({ world, jwksUri })
  const { clients, take } = createClients(world, CLIENTS)
  /** @param {number} size */
  const prepare = async (size) => {
    /** @type {Map<string, string | undefined>} */
    const nonces = new Map()
    for (const { client, token } of clients) nonces.set(token, await nonce?.(token, (forToken) => request(forToken, proof(client, forToken))))
    return Array.from({ length: size }, () => {
      const { client, token } = take()
      return native(request(token, proof(client, token, { nonce: nonces.get(token) })))
    })
  }
  return { name: peer.name, prepare, accepts }
}

/** @param {Awaited<ReturnType<typeof opener>>} opened
 * @param {(items: readonly any[], accepts: Accepts) => Promise<void>} pace
 * @returns {import('../rounds.mjs').Contender} */
const contender = ({ name, prepare, accepts }, pace) => ({
  name,
  prepare,
  run: (items) => pace(items, accepts),
  ...(name === everyhop.name && { times: TIMES }),
})

/** @param {readonly any[]} items
 * @param {Accepts} accepts */
async function oneByOne(items, accepts) {
  for (const item of items) mustPass(await accepts(item))
}

/** @param {readonly any[]} items
 * @param {Accepts} accepts */
async function together(items, accepts) {
  let next = 0
  const lane = async () => {
    while (next < items.length) {
      const item = items[next]
      next += 1
      mustPass(await accepts(item))
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, lane))
}

/** @param {boolean} accepted */
function mustPass(accepted) {
  if (!accepted) throw new Error('an honest request was refused')
}

/**
 * @param {string} prefix
 * @param {string} how
 * @param {Record<string, readonly number[]>} seconds
 * @param {number} samples
 * @returns {readonly import('../result.mjs').Result[]}
 */
function rates(prefix, how, { everyhop: own = [], ...others }, samples) {
  const [best = ''] = Object.keys(others).toSorted((a, b) => median(others[a] ?? []) - median(others[b] ?? []))
  return [
    {
      name: prefix === '' ? 'warm-vs-best-peer' : `${prefix}vs-best-peer`,
      value: ratio(others[best], own),
      unit: 'ratio',
      against: `${best}, ${how}`,
      samples,
    },
    ...Object.entries({ everyhop: own, ...others }).map(([name, taken]) => ({
      name: `${prefix}rate-${name}`,
      value: 1 / median(taken),
      unit: '1/s',
      against: how,
      samples,
    })),
  ]
}
