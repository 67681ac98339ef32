import { createServer } from 'node:http'

/** In the order of the tables. */
const NAMES = ['oauth4webapi', 'auth0', 'better-auth', 'atproto', 'express-oauth2-dpop', 'solid', 'openid4vc']

/** @returns {Promise<readonly import('./peer.mjs').Peer[]>} */
export const peers = () => Promise.all(NAMES.map(async (name) => (await import(`./peers/${name}.mjs`)).peer))

/**
 * Serves the issuer's keys on loopback while `use` runs, for peers that fetch them.
 * @template T
 * @param {import('./world.mjs').World} world
 * @param {(jwksUri: string) => Promise<T>} use
 */
export async function withKeys(world, use) {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify(world.jwks))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)))
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address())
  try {
    return await use(`http://127.0.0.1:${port}/jwks`)
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
