import { setTimeout as sleep } from 'node:timers/promises'
import { evidenceFrom } from '@everyhop/verifier'
import { createRedisRevocationStore } from '@everyhop/verifier/redis'
import { openVerifier, raw } from '../everyhop.mjs'
import { quantile } from '../rounds.mjs'
import { createClient, createWorld, proof, request } from '../world.mjs'
import { withRedis } from './redis.mjs'

const INSTANCES = 2
/** Milliseconds between two requests to an instance: what is measured can be that much too long. */
const PAUSE = 2
/** Others that are revoked as well. */
const CROWD = 10_000

/**
 * Milliseconds from the confirmation of a revocation, in a Redis on loopback, to the refusal at the slower of two instances, and to the end
 * of a stream that is open at one of them.
 * @param {{ rounds: number }} extent
 */
export const revocation = ({ rounds }) =>
  withRedis(async (client) => {
    const world = createWorld()
    const store = () => createRedisRevocationStore({ client })
    const operator = store()
    await operator.install()
    const until = Date.now() / 1000 + 3_600
    for (let from = 0; from < CROWD; from += 1_000) {
      await operator.revoke(Array.from({ length: 1_000 }, (_, index) => ({ kind: 'client', id: `client ${from + index}`, until })))
    }
    const verifiers = Array.from({ length: INSTANCES }, () => openVerifier(world, { revocations: store() }))
    await Promise.all(verifiers.map((verifier) => verifier.ready()))

    /** @type {number[]} */
    const refused = []
    /** @type {number[]} */
    const closed = []
    for (let round = 0; round < rounds; round += 1) {
      const holder = createClient()
      const bound = world.token(holder)
      /** @param {import('@everyhop/verifier').Verifier} verifier */
      const ask = (verifier) => verifier.verify(evidenceFrom(raw(request(bound, proof(holder, bound)))))
      const [first] = await Promise.all(verifiers.map(ask))
      if (first?.verdict !== 'allow') throw new Error('an honest request was refused')
      const ends = new Promise((resolve) => {
        verifiers[0]?.watch(first.proven, () => resolve(performance.now()))
      })
      const refusals = verifiers.map(async (verifier) => {
        while ((await ask(verifier)).verdict === 'allow') await sleep(PAUSE)
        return performance.now()
      })
      // At any moment between two reads.
      await sleep((round * 137) % 600)
      await operator.revoke([{ kind: 'key', id: holder.jkt, until }])
      const confirmed = performance.now()
      refused.push(Math.max(...(await Promise.all(refusals))) - confirmed)
      closed.push((await ends) - confirmed)
    }
    const against = 'confirmed in a Redis on loopback; the slower of two instances'
    return [
      { name: 'revocation-p50', value: quantile(refused, 0.5), unit: 'ms', against, samples: rounds },
      { name: 'revocation-max', value: Math.max(...refused), unit: 'ms', against, samples: rounds },
      { name: 'revocation-stream-max', value: Math.max(...closed), unit: 'ms', against: 'confirmed in a Redis on loopback; an open stream', samples: rounds },
    ]
  })
