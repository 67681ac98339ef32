import { Agent, get } from 'node:http'
import { verify } from 'node:crypto'
import { median } from '../rounds.mjs'
import { createClient, createClients, createWorld, proof, request, signedParts } from '../world.mjs'
import { start } from './child.mjs'

const FRAMEWORKS = ['express', 'fastify']
const IN_FLIGHT = 8

/**
 * CPU that the guard adds to a request in front of an empty handler, in a server process of its own, over loopback.
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function frameworks({ rounds, size, warmUp }) {
  const world = createWorld()
  const { take } = createClients(world)
  /** @type {import('../result.mjs').Result[]} */
  const results = []
  for (const framework of FRAMEWORKS) {
    const plain = await open(framework, 'plain', world)
    const guarded = await open(framework, 'guarded', world)
    /** @type {number[]} */
    const added = []
    /** @type {number[]} */
    const beyond = []
    for (let round = -warmUp; round < rounds; round += 1) {
      const requests = Array.from({ length: size }, () => {
        const { client, token } = take()
        return request(token, proof(client, token))
      })
      const difference = (await guarded.cpu(requests)) - (await plain.cpu(requests))
      if (round < 0) continue
      added.push(difference)
      beyond.push(difference - bare(size))
    }
    plain.end()
    guarded.end()
    results.push(
      { name: `${framework}-added-cpu`, value: median(added), unit: 'µs', against: 'an empty handler without the guard, a request', samples: rounds },
      { name: `${framework}-added-cpu-beyond`, value: median(beyond), unit: 'µs', against: 'the same, less one bare crypto.verify', samples: rounds },
    )
  }
  return results
}

/** @param {string} framework
 * @param {string} kind
 * @param {import('../world.mjs').World} world */
async function open(framework, kind, world) {
  const child = start('./server.child.mjs', [framework, kind, JSON.stringify(world.jwks)])
  /** @returns {Promise<any>} */
  const told = () =>
    new Promise((resolve, reject) => {
      const hasEnded = () => reject(new Error(`the ${framework} server ended`))
      child.once('exit', hasEnded)
      child.once('message', (message) => {
        child.off('exit', hasEnded)
        resolve(message)
      })
    })
  const port = await told()
  const agent = new Agent({ keepAlive: true, maxSockets: IN_FLIGHT })
  const usage = async () => {
    child.send('cpu')
    const { user, system } = await told()
    return user + system
  }
  return {
    /** Microseconds of CPU a request.
     * @param {readonly import('../world.mjs').Request[]} requests */
    cpu: async (requests) => {
      const before = await usage()
      await Promise.all(requests.map((one) => send(port, agent, one)))
      return ((await usage()) - before) / requests.length
    },
    end: () => {
      agent.destroy()
      child.disconnect()
    },
  }
}

/** @param {number} port
 * @param {Agent} agent
 * @param {import('../world.mjs').Request} sent
 * @returns {Promise<void>} */
const send = (port, agent, { target, headers }) =>
  new Promise((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: target, agent, headers: Object.fromEntries(headers) }, (response) => {
      response.resume()
      response.once('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(`the server answered ${response.statusCode}`))))
    }).once('error', reject)
  })

/** Microseconds of CPU that the signature alone takes.
 * @param {number} size */
function bare(size) {
  const client = createClient()
  const proofs = Array.from({ length: size }, () => signedParts(proof(client, 'token')))
  const before = process.cpuUsage()
  for (const { input, signature } of proofs) verify('sha256', input, { key: client.publicKey, dsaEncoding: 'ieee-p1363' }, signature)
  const { user, system } = process.cpuUsage(before)
  return (user + system) / proofs.length
}
