import { createHash } from 'node:crypto'
import { Oauth2ResourceServer } from '@openid4vc/oauth2'
import { compactVerify, importJWK } from 'jose'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { fetchRequest } from '../fetch-request.mjs'

/** The library leaves hashing and signatures to its caller; `node:crypto` and jose do them here.
 * @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'openid4vc',
  package: '@openid4vc/oauth2',
  open: async ({ world }) => {
    const callbacks = {
      fetch: async () => Response.json(world.jwks),
      hash: (data, algorithm) => createHash(algorithm.replace('-', '')).update(data).digest(),
      verifyJwt: async (signer, { compact }) => {
        const signerJwk = signer.publicJwk
        const key = await importJWK(signerJwk, signer.alg)
        const verified = await compactVerify(compact, key).then(
          () => true,
          () => false,
        )
        return verified ? { verified, signerJwk } : { verified }
      },
    }
    const server = new Oauth2ResourceServer({ callbacks })
    const authorizationServers = [
      { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks`, token_endpoint: `${ISSUER}/token`, dpop_signing_alg_values_supported: ['ES256'] },
    ]
    return {
      native: (request) => ({ request: fetchRequest(request) }),
      accepts: async ({ request }) => Boolean(await server.verifyResourceRequest({ request, authorizationServers, resourceServer: AUDIENCE })),
    }
  },
}
