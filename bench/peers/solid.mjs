import { createRequire } from 'node:module'
import { createSolidTokenVerifier } from '@solid/access-token-verifier'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { headerMap } from '../peer.mjs'

const require = createRequire(createRequire(import.meta.url).resolve('@solid/access-token-verifier'))
const { createRemoteJWKSet } = require('jose')

/** @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'solid',
  package: '@solid/access-token-verifier',
  open: async ({ jwksUri }) => {
    // Only discovery is left out: the key set is what the library itself would find through it.
    const keySet = createRemoteJWKSet(new URL(jwksUri))
    const verify = createSolidTokenVerifier(undefined, { getKeySet: async () => keySet }, { getIssuers: async () => [ISSUER] })
    return {
      native: (request) => ({ headers: headerMap(request), method: request.method, url: `${AUDIENCE}${request.target}` }),
      accepts: async ({ headers, method, url }) => {
        const dpop = headers.dpop === undefined ? undefined : { header: headers.dpop, method, url }
        return Boolean(await verify(headers.authorization, dpop))
      },
    }
  },
}
