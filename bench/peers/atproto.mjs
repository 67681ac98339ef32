import { JoseKey, OAuthVerifier } from '@atproto/oauth-provider'
import { AUDIENCE, ISSUER } from '../world.mjs'
import { headerMap } from '../peer.mjs'

/** @type {import('../peer.mjs').Peer} */
export const peer = {
  name: 'atproto',
  package: '@atproto/oauth-provider',
  open: async ({ world, shared }) => {
    if (shared && !shared.has('atproto')) shared.set('atproto', replayStore())
    const key = await JoseKey.fromImportable(world.issuer.privateKey.export({ format: 'pem', type: 'pkcs8' }), 'k1')
    const verifier = new OAuthVerifier({
      issuer: ISSUER,
      keyset: [key],
      dpopSecret: Buffer.alloc(32, 7),
      ...(shared && { replayStore: shared.get('atproto') }),
    })
    return {
      native: (request) => ({ method: request.method, url: new URL(`${AUDIENCE}${request.target}`), headers: headerMap(request) }),
      accepts: async ({ method, url, headers }) => Boolean(await verifier.authenticateRequest(method, url, headers, { audience: [AUDIENCE] })),
      nonce: async () => verifier.nextDpopNonce(),
    }
  },
}

/** One that several verifiers use together, with the semantics of the library's own over Redis (`SET key 1 PX time GET`). */
function replayStore() {
  const until = new Map()
  return {
    unique: async (namespace, nonce, timeFrame) => {
      const key = `${namespace}:${nonce}`
      const isUnique = !(until.get(key) >= Date.now())
      until.set(key, Date.now() + timeFrame)
      return isUnique
    },
  }
}
