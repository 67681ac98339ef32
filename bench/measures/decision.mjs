import { randomBytes, sign, verify } from 'node:crypto'
import { createDecider } from '@everyhop/gateway'
import { attest } from '@everyhop/proof'
import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { fetchKeys, slice } from '../everyhop.mjs'
import { edgeSlice } from '../gateway.mjs'
import { cpu, interleave, median, ratio } from '../rounds.mjs'
import { createClient, createClients, createWorld, HTU, proof, request, signedParts, TARGET } from '../world.mjs'

/**
 * What a hop's decision, and an attestation made and verified, cost over the signatures that they cannot do without: in one process, since
 * what a gateway and HTTP add is measured behind a real one.
 * @param {import('../rounds.mjs').Extent} extent
 * @returns {Promise<readonly import('../result.mjs').Result[]>}
 */
export async function decision(extent) {
  const world = createWorld()
  const hop = createClient()
  const { take } = createClients(world)
  const signing = () => sign('sha256', MESSAGE, { key: hop.privateKey, dsaEncoding: 'ieee-p1363' })
  const input = MESSAGE
  const signature = signing()
  const verifying = () => {
    if (!verify('sha256', input, { key: hop.publicKey, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('a good signature did not verify')
  }
  const attesting = attester(hop)
  const application = await openApplication(world, hop)

  const passthrough = await openDecider('passthrough', hop, world)
  const attested = await openDecider('attested', hop, world)
  const given = () => {
    const { client, token } = take()
    // A gateway has them ready, too.
    const nonces = /** @type {const} */ ([randomBytes(16).toString('base64url'), randomBytes(16).toString('base64url')])
    return { client, nonces, ...request(token, proof(client, token)) }
  }
  /** @param {number} size */
  const requests = async (size) => Array.from({ length: size }, given)
  /** @param {number} size */
  const nothing = async (size) => Array.from({ length: size })
  const seconds = await interleave(
    [
      { name: 'decide-passthrough', prepare: requests, run: passthrough },
      { name: 'decide-attested', prepare: requests, run: attested },
      { name: 'bare-verify', prepare: requests, run: async (items) => items.forEach(bareVerify) },
      { name: 'bare-attested', prepare: requests, run: async (items) => items.forEach((item) => (bareVerify(item), signing(), signing())) },
      { name: 'attest', prepare: requests, run: async (items) => items.forEach(attesting) },
      { name: 'bare-sign', prepare: nothing, run: async (items) => items.forEach(() => (signing(), signing())) },
      { name: 'bare-verify-two', prepare: nothing, run: async (items) => items.forEach(() => (verifying(), verifying())) },
      {
        name: 'application-attested',
        prepare: async (size) => (await requests(size)).map((item) => application.raw(item, attesting(item))),
        run: application.attested,
      },
      { name: 'application-direct', prepare: async (size) => (await requests(size)).map((item) => application.raw(item)), run: application.direct },
    ],
    extent,
    cpu,
  )
  const samples = extent.rounds
  const beyond = (seconds['application-attested'] ?? []).map((taken, round) => taken - (seconds['application-direct']?.[round] ?? Number.NaN))
  /** @param {string} name
   * @param {number} value
   * @param {string} against */
  const costs = (name, value, against) => ({ name, value, unit: 'ratio', against, samples })
  return [
    costs('decision-passthrough-cost', ratio(seconds['decide-passthrough'], seconds['bare-verify']), 'one bare crypto.verify, ES256'),
    costs('decision-attested-cost', ratio(seconds['decide-attested'], seconds['bare-attested']), 'one bare crypto.verify and two crypto.sign, ES256'),
    costs('attestation-signing', ratio(seconds['attest'], seconds['bare-sign']), 'two bare crypto.sign, ES256'),
    costs('attestation-verifying', ratio(beyond, seconds['bare-verify-two']), 'two bare crypto.verify, ES256'),
    {
      name: 'decision-attested-time',
      value: 1e6 * median(seconds['decide-attested'] ?? []),
      unit: 'µs',
      against: 'a decision in the process, with its signatures',
      samples,
    },
  ]
}

const MESSAGE = randomBytes(700)

/** @param {{ client: import('../world.mjs').Client, headers: import('../world.mjs').Request['headers'] }} item */
function bareVerify({ client, headers }) {
  const { input, signature } = signedParts(fieldOf(headers, 'dpop'))
  if (!verify('sha256', input, { key: client.publicKey, dsaEncoding: 'ieee-p1363' }, signature)) throw new Error('a good signature did not verify')
}

/** @param {import('../world.mjs').Request['headers']} headers
 * @param {string} wanted */
const fieldOf = (headers, wanted) => headers.find(([name]) => name === wanted)?.[1] ?? ''

/** @param {import('../gateway.mjs').Mode} mode
 * @param {import('../world.mjs').Client} hop
 * @param {import('../world.mjs').World} world */
async function openDecider(mode, hop, world) {
  const decider = createDecider({ slice: { slice: edgeSlice(mode, hop), digest: 'bench' }, key: hop.privateKey, fetch: fetchKeys(world) })
  await decider.ready()
  return async (/** @type {readonly any[]} */ items) => {
    for (const { method, target, headers } of items) {
      const ruling = await decider.decide({ method, target, rawHeaders: headers.flat(), earlyData: false, removes: true })
      if (ruling.verdict !== 'pass') throw new Error(`an honest request was refused: ${ruling.refusal.body}`)
    }
  }
}

/** @typedef {import('../world.mjs').Request & { client: import('../world.mjs').Client, nonces: readonly [string, string] }} Given */

/** @param {import('../world.mjs').Client} hop */
const attester =
  (hop) =>
  (/** @type {Given} */ { client, nonces, method, headers }) => {
    const now = Math.floor(Date.now() / 1000)
    const made = attest({
      hop: 'edge',
      statement: { method, target: HTU, binding: 'dpop', jkt: client.jkt },
      fields: { authorization: fieldOf(headers, 'authorization'), dpop: fieldOf(headers, 'dpop') },
      message: { method, authority: 'orders.internal', path: TARGET, query: '?' },
      now,
      lifetime: 10,
      nonces,
      key: hop.privateKey,
      keyid: hop.jkt,
    })
    if (made === undefined) throw new Error('there is no attestation')
    return made
  }

/** The application behind the edge, and the same one that clients reach directly.
 * @param {import('../world.mjs').World} world
 * @param {import('../world.mjs').Client} hop */
async function openApplication(world, hop) {
  const own = slice()
  const behind = {
    ...own,
    routes: own.routes.map((route) => ({ ...route, via: [['edge']], mode: /** @type {const} */ ('attested') })),
    neighbours: [{ hop: 'edge', keys: [hop.jwk] }],
  }
  /** @param {import('@everyhop/chain').Slice} of */
  const open = async (of) => {
    const verifier = createVerifier({
      slice: { slice: of, digest: 'bench' },
      replay: createMemoryReplayStore({ max: 5_000_000, since: 'always' }),
      fetch: fetchKeys(world),
    })
    await verifier.ready()
    return async (/** @type {readonly any[]} */ items) => {
      for (const item of items) {
        const decided = await verifier.verify(evidenceFrom(item))
        if (decided.verdict !== 'allow') throw new Error(`an honest request was refused: ${decided.code}`)
      }
    }
  }
  return {
    attested: await open(behind),
    direct: await open(own),
    /** @param {import('../world.mjs').Request} item
     * @param {import('@everyhop/proof').AttestationFields} [made] */
    raw: ({ method, target, headers }, made) => ({
      method,
      target,
      rawHeaders: [
        ...headers.flat(),
        ...(made === undefined ? [] : ['everyhop-hop', made.everyhopHop, 'signature-input', made.signatureInput, 'signature', made.signature]),
      ].with(1, 'orders.internal'),
    }),
  }
}
