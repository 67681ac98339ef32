import { evidenceFrom } from '@everyhop/verifier'
import { openVerifier, raw } from '../everyhop.mjs'
import { median } from '../rounds.mjs'
import { createClient, createWorld, HTU, now, proof, request, sha256 } from '../world.mjs'

/** Bytes; at twice and four times as much every input still passes the limits of size, so that its content is looked at. */
const BYTES = 1_200
const REPEATS = 400

/** @typedef {(bytes: number) => import('../world.mjs').Request} Hostile */

/**
 * What an attacker's bytes cost: the time for four times as many over the time for so many. Four is linear; quadratic would be sixteen.
 * @param {{ rounds: number }} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function hostile({ rounds }) {
  const world = createWorld()
  const client = createClient()
  const token = world.token(client)
  const verifier = openVerifier(world)
  await verifier.ready()

  /** @param {import('../world.mjs').Request} sent */
  const seconds = async (sent) => {
    const received = raw(sent)
    const startedAt = performance.now()
    for (let turn = 0; turn < REPEATS; turn += 1) {
      const { verdict } = await verifier.verify(evidenceFrom(received))
      if (verdict !== 'deny') throw new Error('hostile input was accepted')
    }
    return (performance.now() - startedAt) / 1000 / REPEATS
  }

  const inputs = hostileInputs(world, client, token)
  /** @type {import('../result.mjs').Result[]} */
  const results = []
  for (const [name, input] of Object.entries(inputs)) {
    const [small, large] = [input(BYTES), input(4 * BYTES)]
    await seconds(large)
    /** @type {number[]} */
    const growth = []
    for (let round = 0; round < rounds; round += 1) growth.push((await seconds(large)) / (await seconds(small)))
    results.push({ name: `hostile-${name}`, value: median(growth), unit: 'ratio', against: '4 times the bytes; 4 is linear', samples: rounds })
  }
  return [...results, await oversized(seconds, token)]
}

/** Far beyond every limit: refused by its length alone.
 * @param {(sent: import('../world.mjs').Request) => Promise<number>} seconds
 * @param {string} token
 * @returns {Promise<import('../result.mjs').Result>} */
async function oversized(seconds, token) {
  const taken = await seconds(request(token, 'A'.repeat(64_000)))
  return { name: 'hostile-oversized', value: 1e6 * taken, unit: 'µs', against: 'a proof of 64,000 bytes', samples: REPEATS }
}

/** @param {import('../world.mjs').World} world
 * @param {import('../world.mjs').Client} client
 * @param {string} token
 * @returns {Readonly<Record<string, Hostile>>} */
function hostileInputs(world, client, token) {
  /** @param {string} text */
  const rawProof = (text) => {
    const [head] = proof(client, token).split('.')
    return request(token, `${head}.${Buffer.from(text).toString('base64url')}.${'A'.repeat(86)}`)
  }
  const claims = `"jti":"a","htm":"GET","htu":"${HTU}","iat":${now()},"ath":"${sha256(token)}"`
  return {
    huge: (bytes) => rawProof(`{${claims},"pad":"${'x'.repeat(bytes)}"}`),
    deep: (bytes) => rawProof(`{${claims},"pad":${'['.repeat(bytes / 2)}${']'.repeat(bytes / 2)}}`),
    members: (bytes) => rawProof(`{${claims},${Array.from({ length: bytes / 10 }, (_, index) => `"m${1_000 + index}":1`).join()}}`),
    escapes: (bytes) => rawProof(`{${claims},"pad":"${'\\"\\\\'.repeat(bytes / 4)}"}`),
    unfinished: (bytes) => rawProof(`{${claims},"pad":"${'\\\\'.repeat(bytes / 2)}`),
    target: (bytes) => rawProof(`{"jti":"a","htm":"GET","htu":"${HTU}${'/..%2f.'.repeat(bytes / 10)}","iat":${now()},"ath":"${sha256(token)}"}`),
    path: (bytes) => ({ ...request(token, proof(client, token)), target: `/orders/${'%41;/'.repeat(bytes / 10)}` }),
    dots: (bytes) => request(token, '.'.repeat(bytes)),
    commas: (bytes) => request(token, 'a, '.repeat(bytes / 3)),
    token: (bytes) => request(`${token.slice(0, -86)}${'-'.repeat(bytes)}`, proof(client, token)),
    fields: (bytes) => ({ ...request(token), headers: Array.from({ length: bytes / 12 }, (_, index) => [`x-name-${index}`, 'v']) }),
    scheme: (bytes) => ({ ...request(token), headers: [['authorization', 'DPoP '.repeat(bytes / 5)]] }),
  }
}
