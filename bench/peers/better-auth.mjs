import { createInMemoryDpopReplayStore, verifyAccessTokenRequest } from 'better-auth/oauth2'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { headerMap } from '../peer.mjs'

/** @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'better-auth',
  package: 'better-auth',
  strictest: "verifyOptions.typ: 'at+jwt', dpop.proofMaxAgeSeconds: 60",
  open: async ({ world, strict, shared }) => {
    const options = {
      jwksFetch: async () => world.jwks,
      jwksCacheKey: {},
      verifyOptions: { issuer: ISSUER, audience: AUDIENCE, ...(strict && { typ: 'at+jwt' }) },
      dpop: { replayStore: shared ? sharedStore(shared) : createInMemoryDpopReplayStore(), ...(strict && { proofMaxAgeSeconds: 60 }) },
    }
    return {
      native: (request) => {
        const headers = headerMap(request)
        return {
          authorizationHeader: headers.authorization,
          dpopProofJwt: headers.dpop,
          method: request.method,
          url: `${AUDIENCE}${request.target}`,
        }
      },
      accepts: async (request) => Boolean(await verifyAccessTokenRequest(request, options)),
    }
  },
}

/** Like the library's own store over a database: one atomic reservation. */
const sharedStore = (shared) => {
  if (!shared.has('better-auth')) shared.set('better-auth', createInMemoryDpopReplayStore())
  return shared.get('better-auth')
}
