import { customFetch, validateJwtAccessToken } from 'oauth4webapi'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { fetchRequest } from '../fetch-request.mjs'

/** @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'oauth4webapi',
  package: 'oauth4webapi',
  open: async ({ world }) => {
    const as = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
    const options = { requireDPoP: true, [customFetch]: async () => Response.json(world.jwks) }
    return {
      native: fetchRequest,
      accepts: async (request) => Boolean(await validateJwtAccessToken(as, request, AUDIENCE, options)),
    }
  },
}
