import { createClient, now, proof as proofOf } from '../world.mjs'

/** @typedef {import('../lab.mjs').Case} Case */
/** @typedef {import('../lab.mjs').Lab} Lab */

/** One proof, made as said, used, and used again after so many seconds.
 * @param {number} seconds
 * @param {number} [early]
 * @returns {(lab: Lab) => Promise<boolean>} */
const replayed =
  (seconds, early = 0) =>
  async ({ token, prove, must, send, pass }) => {
    const proof = await prove({ claims: { iat: now() + early } })
    await must(token, proof)
    pass(seconds)
    return send(token, proof)
  }

/** More than one of so many that are sent at once.
 * @param {number} copies
 * @returns {(lab: Lab) => Promise<boolean>} */
const together =
  (copies) =>
  async ({ token, prove, send }) => {
    const proof = await prove()
    const answers = await Promise.all(Array.from({ length: copies }, () => send(token, proof)))
    return answers.filter(Boolean).length > 1
  }

/** Another client pours in proofs of its own, then the first proof comes again.
 * @param {number} proofs
 * @returns {(lab: Lab) => Promise<boolean>} */
const evicted =
  (proofs) =>
  async ({ world, token, prove, must, send }) => {
    const proof = await prove()
    await must(token, proof)
    const attacker = createClient()
    const other = world.token(attacker)
    // One nonce does for all of them.
    const { nonce } = JSON.parse(Buffer.from((await prove({ token: other, client: attacker, owner: attacker })).split('.')[1] ?? '', 'base64url').toString())
    for (let sent = 0; sent < proofs; sent += 1) await send(other, proofOf(attacker, other, { nonce }))
    return send(token, proof)
  }

const SPENT = 'a proof is good for one request, RFC 9449 §11.1'

/** @type {readonly Case[]} */
export const replayCases = [
  { title: 'the same proof twice', want: 'refuse', because: SPENT, attempt: replayed(0) },
  { title: 'two copies of one proof at once', want: 'refuse', because: SPENT, attempt: together(2) },
  { title: '64 copies of one proof at once', want: 'refuse', because: SPENT, attempt: together(64) },
  ...[31, 61, 125, 185, 235, 295, 300].map((seconds) => ({
    title: `an on-time proof again after ${seconds} s`,
    want: /** @type {const} */ ('refuse'),
    because: SPENT,
    attempt: replayed(seconds),
  })),
  {
    title: 'a proof again in the last second in which it would be accepted',
    want: 'refuse',
    because: 'the record must outlive the proof',
    attempt: async (lab) => replayed(await lab.oldest())(lab),
  },
  ...[
    [4, 63],
    [25, 45],
    [100, 150],
    [115, 130],
    [170, 230],
    [290, 400],
  ].map(([early = 0, seconds = 0]) => ({
    title: `a proof dated ${early} s ahead, again after ${seconds} s`,
    want: /** @type {const} */ ('refuse'),
    because: 'the record must outlive the proof',
    attempt: replayed(seconds, early),
  })),
  {
    title: 'a proof as far ahead as is accepted, again in its last second',
    want: 'refuse',
    because: 'the record must outlive the proof',
    attempt: async (lab) => {
      const [early, oldest] = [await lab.earliest(), await lab.oldest()]
      return replayed(early + oldest, early)(lab)
    },
  },
  { title: 'a proof again after 1,001 others', want: 'refuse', because: 'a full store must refuse, not forget', attempt: evicted(1_001) },
  { title: 'a proof again after 12,001 others', want: 'refuse', because: 'a full store must refuse, not forget', attempt: evicted(12_001) },
  {
    title: 'a proof again at another instance',
    want: 'refuse',
    because: 'what one instance keeps to itself the others do not know; stores that can be shared are',
    attempt: async ({ token, prove, must, sibling }) => {
      const proof = await prove()
      await must(token, proof)
      return (await sibling())(token, proof)
    },
  },
  {
    title: 'a proof again after a restart without a shared store',
    want: 'refuse',
    because: 'a memory that begins later than the proof cannot say that it is fresh',
    attempt: async ({ token, prove, must, restarted, pass }) => {
      const proof = await prove()
      await must(token, proof)
      pass(1)
      return (await restarted())(token, proof)
    },
  },
  {
    title: 'the jti of one client’s proof, used by another client',
    want: 'accept',
    because: 'else a client burns another’s proofs; a jti is unique in its own context, RFC 9449 §4.2',
    attempt: async ({ world, token, prove, must, send }) => {
      const [other, jti] = [createClient(), 'a-jti-that-was-seen-by-the-other']
      await must(token, await prove({ claims: { jti } }))
      const their = world.token(other)
      return send(their, await prove({ token: their, client: other, owner: other, claims: { jti } }))
    },
  },
  {
    title: 'an honest proof whose jti came before in one with a broken signature',
    want: 'accept',
    because: 'what is not believed must burn nothing',
    attempt: async ({ token, prove, send }) => {
      const proof = await prove()
      await send(token, `${proof.slice(0, -20)}${proof.at(-20) === 'A' ? 'B' : 'A'}${proof.slice(-19)}`)
      return send(token, proof)
    },
  },
  {
    title: 'an honest proof that a thief sent before with a token of their own',
    want: 'accept',
    because: 'what is refused must burn nothing',
    attempt: async ({ world, token, prove, send }) => {
      const proof = await prove()
      await send(world.token(createClient()), proof)
      return send(token, proof)
    },
  },
]
