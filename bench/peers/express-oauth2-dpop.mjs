import { AbstractJtiStore, authMiddleware } from 'express-oauth2-dpop'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { expressRequest, expressResponse } from '../peer.mjs'

/** As in the library's README: a map with the expiry that the library gives. */
class JtiStore extends AbstractJtiStore {
  #kept

  constructor(kept = new Map()) {
    super()
    this.#kept = kept
  }

  async set(identifier, data) {
    this.#kept.set(identifier, data)
  }

  async get(identifier) {
    const data = this.#kept.get(identifier)
    if (data === undefined || data.expiresAt >= Date.now() / 1000) return data
    this.#kept.delete(identifier)
    return undefined
  }
}

/** @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'express-o2-dpop',
  package: 'express-oauth2-dpop',
  open: async ({ jwksUri, shared }) => {
    const options = {
      issuer: ISSUER,
      audience: AUDIENCE,
      jwksUri,
      nonceSecret: '07'.repeat(32),
      enforceDPoP: true,
      jtiStore: new JtiStore(shared),
    }
    const middleware = authMiddleware(options)
    const run = (request) =>
      new Promise((resolve) => {
        const response = expressResponse(() => resolve({ passed: false, nonce: response.fields['dpop-nonce'] }))
        void middleware(request, response, (error) => resolve({ passed: error === undefined }))
      })
    return {
      native: expressRequest,
      accepts: async (request) => (await run(request)).passed,
      // A nonce holds for one token, and is learnt from a refusal of a proof that has none.
      nonce: async (token, ask) => (await run(expressRequest(ask(token)))).nonce,
    }
  },
}
