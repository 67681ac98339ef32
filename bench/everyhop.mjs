import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { AUDIENCE, ISSUER } from './world.mjs'

/** What `everyhop compile` gives an application with one route.
 * @returns {import('@everyhop/chain').Slice} */
export const slice = () => ({
  version: 1,
  chain: 'bench',
  environment: 'default',
  production: false,
  manifest: 'bench',
  hop: 'orders',
  kind: 'guard',
  authority: 'orders.internal',
  bases: [AUDIENCE],
  replayAuthority: true,
  issuers: [{ url: ISSUER, algs: ['ES256'], typ: ['at+jwt'], jwksUri: `${ISSUER}/jwks` }],
  proof: { algs: ['ES256'], maxAge: 60, skew: 5, attestationAge: 10, nonce: 'off', tokenLifetime: 3_600 },
  routes: [{ pattern: '/orders/**', clients: ['shop'], bindings: ['dpop', 'mtls'], audience: [AUDIENCE], via: [[]], mode: 'direct', body: 'uncovered' }],
  neighbours: [],
  keys: [],
  waivers: [],
})

/** @param {import('./world.mjs').World} world
 * @returns {import('@everyhop/verifier').Fetch} */
export const fetchKeys = (world) => () => Promise.resolve({ ok: true, body: /** @type {any} */ ([Buffer.from(JSON.stringify(world.jwks))]) })

/** @param {import('./world.mjs').World} world
 * @param {Partial<import('@everyhop/verifier').VerifierOptions>} [options] */
export const openVerifier = (world, options = {}) =>
  createVerifier({
    slice: { slice: slice(), digest: 'bench' },
    replay: createMemoryReplayStore({ max: 20_000_000, since: 'always' }),
    fetch: fetchKeys(world),
    ...options,
  })

/** What Node's parser gives a server.
 * @param {import('./world.mjs').Request} request
 * @returns {import('@everyhop/verifier').RawRequest} */
export const raw = ({ method, target, headers, certificate }) => ({
  method,
  target,
  rawHeaders: headers.flat(),
  peer: '127.0.0.1',
  ...(certificate && { certificate }),
})

/** @type {import('./peer.mjs').Peer} */
export const peer = {
  name: 'everyhop',
  package: '@everyhop/verifier',
  open: async ({ world }) => {
    const verifier = openVerifier(world)
    await verifier.ready()
    return {
      native: raw,
      // Collecting the evidence is part of the work, and counts.
      accepts: async (request) => (await verifier.verify(evidenceFrom(request))).verdict === 'allow',
    }
  },
}

/** What a team without a manifest gives its guard.
 * @param {import('./world.mjs').World} world
 * @param {import('@everyhop/verifier').ReplayStore} [replay] */
export const guardOptions = (world, replay = createMemoryReplayStore({ since: 'always' })) => ({
  base: AUDIENCE,
  issuer: [{ url: ISSUER, jwksUri: `${ISSUER}/jwks` }],
  audience: AUDIENCE,
  routes: [{ path: '/orders/**', bindings: /** @type {const} */ (['dpop', 'mtls']) }],
  maxTokenLifetime: 3_600,
  singleInstance: true,
  replay,
  fetch: fetchKeys(world),
})
