import { pass } from './clock.mjs'
import { createClient, now, proof, request } from './world.mjs'

/** Thrown where the honest part of a case is refused: then a refusal of the hostile part would show nothing. */
export class Inapplicable extends Error {}

/** @typedef {import('./world.mjs').Client} Client */
/** @typedef {import('./world.mjs').Claims} Claims */
/** @typedef {Awaited<ReturnType<typeof openLab>>} Lab */
/** @typedef {Partial<Omit<import('./world.mjs').Request, 'headers'>> & { scheme?: string, also?: readonly (readonly [string, string])[] }} Sent
 *  `also`: fields besides those of an honest request */

/**
 * One library, freshly opened, and what a case needs to try it.
 * @param {import('./peer.mjs').Peer} peer
 * @param {import('./peer.mjs').Setting} setting
 */
export async function openLab(peer, setting) {
  const { world } = setting
  const client = createClient()
  const opened = await peer.open(setting)
  const token = world.token(client)

  /** A proof, with the nonce that the library wants at this moment.
   * @param {{ token?: string, client?: Client, owner?: Client, claims?: Claims, header?: Claims }} [given] `owner` is whose key the token is bound to */
  const prove = async ({ token: of = token, client: by = client, owner = client, claims = {}, header = {} } = {}) => {
    const nonce = await opened.nonce?.(of, (forToken) => request(forToken, proof(owner, forToken)))
    return proof(by, of, { nonce, ...claims }, header)
  }

  /** @param {import('./peer.mjs').Opened} to */
  const sender =
    (to) =>
    /** Whether it was let in. Most refuse by an exception.
     * @param {string} sentToken
     * @param {string | undefined} dpop
     * @param {Sent} [sent] */
    async (sentToken, dpop, { scheme, also = [], ...rest } = {}) => {
      const honest = request(sentToken, dpop, scheme)
      const native = to.native({ ...honest, ...rest, headers: [...honest.headers, ...also] })
      return peer.neverRejects ? to.accepts(native) : to.accepts(native).catch(() => false)
    }

  const send = sender(opened)
  const lab = {
    world,
    client,
    token,
    prove,
    send,
    pass,
    /** @param {readonly [string, string | undefined, Sent?]} sent */
    must: async (...sent) => {
      if (!(await send(...sent))) throw new Inapplicable()
    },
    honest: async () => lab.must(token, await prove()),
    /** Another instance of the application, with the store that the library can share over a network, if any. */
    sibling: async () => sender(await peer.open(setting)),
    /** The same application after a restart, with what its own memory keeps: nothing. */
    restarted: async () => sender(await peer.open({ ...setting, shared: undefined, isRestart: true })),
    /** The greatest age and the greatest earliness, in seconds, at which a proof that was never used is accepted. */
    oldest: async () => greatest(async (age) => send(token, await prove({ claims: { iat: now() - age } }))),
    earliest: async () => greatest(async (early) => send(token, await prove({ claims: { iat: now() + early } }))),
  }
  return lab
}

/** @param {(seconds: number) => Promise<boolean>} passes for every number of seconds up to one that is sought */
async function greatest(passes) {
  let [good, bad] = [0, 1_024]
  while (bad - good > 1) {
    const middle = (good + bad) >> 1
    if (await passes(middle)) good = middle
    else bad = middle
  }
  return good
}

/**
 * One thing that may be sent to an application. `attempt` resolves with whether it was let in; the honest requests around it are the
 * runner's business. `want` is the safe answer; `because` the reason for it, and `choice` is set where the standards leave it open.
 * @typedef {{ title: string, want: 'accept' | 'refuse', because: string, choice?: true, attempt: (lab: Lab) => Promise<boolean> }} Case
 */
