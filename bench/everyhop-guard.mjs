import { guard } from '@everyhop/guard/node'
import { guardOptions } from './everyhop.mjs'

/** The guard as an application mounts it; its own column of the comparison. @type {import('./peer.mjs').Peer} */
export const peer = {
  name: 'everyhop',
  package: '@everyhop/guard',
  open: async ({ world, shared }) => {
    const options = guardOptions(world)
    if (shared && !shared.has('everyhop')) shared.set('everyhop', options.replay)
    const check = guard({ ...options, replay: /** @type {any} */ (shared?.get('everyhop') ?? options.replay) })
    await check.ready()
    return {
      native: ({ method, target, headers, certificate }) => ({
        method,
        url: target,
        rawHeaders: headers.flat(),
        socket: { remoteAddress: '127.0.0.1', ...(certificate && { getPeerX509Certificate: () => ({ raw: certificate }) }) },
      }),
      accepts: (request) => check(request, /** @type {any} */ (RESPONSE)),
    }
  },
}

/** Nothing of the answer matters here but whether there is one. */
const RESPONSE = { setHeader: () => {}, appendHeader: () => {}, end: () => {} }
