import { createPublicKey, verify } from 'node:crypto'
import { evidenceFrom } from '@everyhop/verifier'
import { openVerifier, raw } from '../everyhop.mjs'
import { interleave, median, ratio } from '../rounds.mjs'
import { createClient, createClients, createWorld, proof, request, signedParts } from '../world.mjs'

const BARE = 'one bare crypto.verify, ES256'
const BARE_COLD = 'one import and two verifications, bare'

/**
 * What a verification costs beside the curve operations that it cannot do without.
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function verification(extent) {
  const world = createWorld()
  const { clients, take } = createClients(world)
  const thief = createClient()
  const verifier = openVerifier(world)
  await verifier.ready()
  /** @param {string} expected */
  const verifying = (expected) => async (/** @type {readonly any[]} */ items) => {
    for (const item of items) {
      const decision = await verifier.verify(evidenceFrom(item))
      if (decision.verdict !== expected) throw new Error(`${expected} was expected, ${JSON.stringify(decision)} came`)
    }
  }
  await verifying('allow')(clients.map(({ client, token }) => raw(request(token, proof(client, token)))))

  const seconds = await interleave(
    [
      {
        name: 'bare',
        prepare: async (size) =>
          times(size, () => {
            const { client, token } = take()
            return { key: client.publicKey, proof: signedParts(proof(client, token)) }
          }),
        run: async (items) => items.forEach((item) => mustHold(verifies(item.key, item.proof))),
      },
      {
        name: 'warm',
        prepare: async (size) =>
          times(size, () => {
            const { client, token } = take()
            return raw(request(token, proof(client, token)))
          }),
        run: verifying('allow'),
      },
      {
        name: 'bare-cold',
        prepare: async (size) =>
          times(size, () => {
            const stranger = createClient()
            const fresh = world.token(stranger)
            return { jwk: stranger.jwk, token: signedParts(fresh), proof: signedParts(proof(stranger, fresh)) }
          }),
        run: async (items) =>
          items.forEach((item) => {
            const key = createPublicKey({ key: item.jwk, format: 'jwk' })
            mustHold(verifies(world.issuer.publicKey, item.token) && verifies(key, item.proof))
          }),
      },
      {
        name: 'cold',
        prepare: async (size) =>
          times(size, () => {
            const stranger = createClient()
            const fresh = world.token(stranger)
            return raw(request(fresh, proof(stranger, fresh)))
          }),
        run: verifying('allow'),
      },
      {
        name: 'refused',
        prepare: async (size) =>
          times(size, () => {
            const { token } = take()
            return raw(request(token, proof(thief, token)))
          }),
        run: verifying('deny'),
      },
      {
        name: 'refused-unseen',
        prepare: async (size) =>
          times(size, () => {
            const unseen = world.token(take().client)
            return raw(request(unseen, proof(thief, unseen)))
          }),
        run: verifying('deny'),
      },
    ],
    extent,
  )
  const { bare = [] } = seconds
  const samples = extent.rounds
  return [
    { name: 'warm', value: ratio(bare, seconds['warm']), unit: 'ratio', against: BARE, samples },
    { name: 'warm-rate', value: 1 / median(seconds['warm'] ?? []), unit: '1/s', against: 'known token and key, one after the other', samples },
    { name: 'bare-rate', value: 1 / median(bare), unit: '1/s', against: BARE, samples },
    {
      name: 'warm-overhead',
      value: 1e6 * median((seconds['warm'] ?? []).map((taken, round) => taken - (bare[round] ?? NaN))),
      unit: 'µs',
      against: BARE,
      samples,
    },
    { name: 'cold', value: ratio(seconds['bare-cold'], seconds['cold']), unit: 'ratio', against: BARE_COLD, samples },
    { name: 'cold-rate', value: 1 / median(seconds['cold'] ?? []), unit: '1/s', against: 'new token, new key', samples },
    { name: 'refused', value: ratio(seconds['refused'], bare), unit: 'ratio', against: BARE, samples },
    { name: 'refused-unseen', value: ratio(seconds['refused-unseen'], bare), unit: 'ratio', against: BARE, samples },
  ]
}

/** @template T
 * @param {number} size
 * @param {() => T} make */
const times = (size, make) => Array.from({ length: size }, make)

/** @param {import('node:crypto').KeyObject} key
 * @param {{ input: Buffer, signature: Buffer }} jws */
const verifies = (key, { input, signature }) => verify('sha256', input, { key, dsaEncoding: 'ieee-p1363' }, signature)

/** @param {boolean} holds */
function mustHold(holds) {
  if (!holds) throw new Error('a good signature did not verify')
}
