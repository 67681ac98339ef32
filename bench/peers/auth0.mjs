import jwtBearer from 'express-oauth2-jwt-bearer'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { expressRequest } from '../peer.mjs'

/** @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'auth0',
  package: 'express-oauth2-jwt-bearer',
  strictest: 'strict: true, mtls.enabled: true with getCertificate',
  open: async ({ world, strict }) => {
    const middleware = jwtBearer.auth({
      issuer: ISSUER,
      audience: AUDIENCE,
      publicKey: world.jwks,
      tokenSigningAlg: 'ES256',
      dpop: { required: !strict },
      // With mTLS a token may also be bound to a certificate, so DPoP cannot be required of all.
      ...(strict && { strict: true, mtls: { enabled: true }, getCertificate: (request) => request.certificate }),
    })
    return {
      native: expressRequest,
      accepts: (request) =>
        new Promise((resolve) => {
          void middleware(request, {}, (error) => resolve(error === undefined))
        }),
    }
  },
}
