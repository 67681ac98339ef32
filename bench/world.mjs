import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'

/**
 * One issuer, its clients, and all that they sign: made with `node:crypto` alone, so that no library under test signs for itself.
 * Every token satisfies every library at once; members that only one of them asks for disturb no other.
 */

export const ISSUER = 'https://id.bench.test'
export const HOST = 'api.bench.test'
export const AUDIENCE = `https://${HOST}`
export const TARGET = '/orders/1'
export const HTU = `${AUDIENCE}${TARGET}`

/** One request as it comes from the wire. `certificate` is the DER of the client's, where its TLS connection showed one.
 * @typedef {{ method: string, target: string, headers: readonly (readonly [string, string])[], certificate?: Buffer }} Request */

/** @typedef {Readonly<Record<string, unknown>>} Claims */

/** @typedef {{ privateKey: import('node:crypto').KeyObject, publicKey: import('node:crypto').KeyObject, jwk: { kty: string, crv: string, x: string, y: string }, jkt: string }} Client */

/** @param {string | Uint8Array} input */
export const sha256 = (input) => createHash('sha256').update(input).digest('base64url')

/** Epoch seconds, of the clock in force. */
export const now = () => Math.floor(Date.now() / 1000)

/**
 * A P-256 key pair with its thumbprint (RFC 7638 §3). It goes through DER, whose last 64 bytes are the point: Node 20 can lock itself up
 * where a key that it has just made is exported as a JWK while memory is cleared.
 * @returns {Client}
 */
export function createClient() {
  const pair = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'der' },
  })
  const point = pair.publicKey.subarray(-64)
  const [x, y] = [point.toString('base64url', 0, 32), point.toString('base64url', 32)]
  return {
    privateKey: createPrivateKey({ key: pair.privateKey, format: 'der', type: 'pkcs8' }),
    publicKey: createPublicKey({ key: pair.publicKey, format: 'der', type: 'spki' }),
    jwk: { kty: 'EC', crv: 'P-256', x, y },
    jkt: sha256(`{"crv":"P-256","kty":"EC","x":"${x}","y":"${y}"}`),
  }
}

/** A compact JWS. Members that are undefined are left out, which is how a sample is spoiled.
 * @param {Claims} header
 * @param {Claims} payload
 * @param {import('node:crypto').KeyObject} key */
export const signJws = (header, payload, key) => signText(JSON.stringify(header), JSON.stringify(payload), key)

/** @param {string} header
 * @param {string} payload
 * @param {import('node:crypto').KeyObject} key */
export function signText(header, payload, key) {
  const input = `${part(header)}.${part(payload)}`
  const signature = sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
  return `${input}.${signature.toString('base64url')}`
}

/** What `crypto.verify` needs of a JWS.
 * @param {string} jws */
export function signedParts(jws) {
  const end = jws.lastIndexOf('.')
  return { input: Buffer.from(jws.slice(0, end)), signature: Buffer.from(jws.slice(end + 1), 'base64url') }
}

/** @param {string} text */
const part = (text) => Buffer.from(text).toString('base64url')

/** @typedef {ReturnType<typeof createWorld>} World */

export function createWorld() {
  const issuer = createClient()
  const jwks = { keys: [{ ...issuer.jwk, kid: 'k1', alg: 'ES256', use: 'sig' }] }

  /** An access token of RFC 9068; `webid` and the audience `solid` are what one peer asks for.
   * @param {Client | undefined} client whose key it is bound to
   * @param {Claims} [claims]
   * @param {Claims} [header] */
  const token = (client, claims = {}, header = {}) =>
    signJws(
      { typ: 'at+jwt', alg: 'ES256', kid: 'k1', ...header },
      {
        iss: ISSUER,
        sub: 'shop',
        aud: [AUDIENCE, 'solid'],
        client_id: 'shop',
        webid: 'https://shop.bench.test/#id',
        jti: `tok-${randomBytes(16).toString('hex')}`,
        scope: 'orders',
        iat: now(),
        exp: now() + 3_000,
        ...(client && { cnf: { jkt: client.jkt } }),
        ...claims,
      },
      issuer.privateKey,
    )

  return { issuer, jwks, token }
}

/**
 * Clients with a token each, for as many requests as anybody wants: a verifier may well take only so many live proofs of one key.
 * @param {World} world
 */
export function createClients(world, size = 32) {
  const clients = Array.from({ length: size }, createClient).map((client) => ({ client, token: world.token(client) }))
  let next = 0
  return {
    clients,
    take: () => {
      next = (next + 1) % size
      return /** @type {{ client: Client, token: string }} */ (clients[next])
    },
  }
}

/** A proof of RFC 9449 §4.2 for one request with `token`.
 * @param {Client} client
 * @param {string} token
 * @param {Claims} [claims]
 * @param {Claims} [header] */
export const proof = (client, token, claims = {}, header = {}) =>
  signJws(
    { typ: 'dpop+jwt', alg: 'ES256', jwk: client.jwk, ...header },
    { jti: randomBytes(16).toString('base64url'), htm: 'GET', htu: HTU, iat: now(), ath: sha256(token), ...claims },
    client.privateKey,
  )

/** @param {string} token
 * @param {string} [dpop]
 * @param {string} [scheme]
 * @returns {Request} */
export const request = (token, dpop, scheme = 'DPoP') => ({
  method: 'GET',
  target: TARGET,
  headers: [
    ['host', HOST],
    ['user-agent', 'bench'],
    ['accept', '*/*'],
    ['authorization', asReceived(`${scheme} ${token}`)],
    ...(dpop === undefined ? [] : [/** @type {const} */ (['dpop', asReceived(dpop)])]),
  ],
})

/** One piece of memory, as a parser makes it of what came: text that was put together here would be put together by whoever reads it first.
 * @param {string} text */
const asReceived = (text) => Buffer.from(text, 'latin1').toString('latin1')
