import { createMemoryReplayStore } from '@everyhop/guard'
import { guard } from '@everyhop/guard/node'
import { guardOptions } from './everyhop.mjs'

/** The guard as an application mounts it; its own column of the comparison. @type {import('./peer.mjs').Peer} */
export const peer = {
  name: 'everyhop',
  package: '@everyhop/guard',
  neverRejects: true,
  open: async ({ world, shared, isRestart }) => {
    // At a start that is not the very first, its memory begins with the process.
    const own = isRestart ? createMemoryReplayStore() : createMemoryReplayStore({ since: 'always' })
    if (shared && !shared.has('everyhop')) shared.set('everyhop', own)
    const check = guard(guardOptions(world, /** @type {any} */ (shared?.get('everyhop') ?? own)))
    await check.ready()
    return {
      native: ({ method, target, headers, certificate }) => ({
        method,
        url: target,
        rawHeaders: headers.flat(),
        resume: () => {},
        socket: { remoteAddress: '127.0.0.1', ...(certificate && { getPeerX509Certificate: () => ({ raw: certificate }) }) },
      }),
      accepts: (request) => check(request, /** @type {any} */ (RESPONSE)),
    }
  },
}

/** Nothing of the answer matters here but whether there is one. */
const RESPONSE = { setHeader: () => {}, appendHeader: () => {}, end: () => {}, once: () => {}, destroy: () => {} }
