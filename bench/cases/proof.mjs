import { createHmac } from 'node:crypto'
import { createClient, HTU, now, signText } from '../world.mjs'

/** @typedef {import('../lab.mjs').Case} Case */
/** @typedef {import('../lab.mjs').Lab} Lab */

/** One honest proof, spoiled once.
 * @param {import('../world.mjs').Claims} claims
 * @param {import('../world.mjs').Claims} [header]
 * @returns {(lab: Lab) => Promise<boolean>} */
const spoiled =
  (claims, header = {}) =>
  async ({ token, prove, send }) =>
    send(token, await prove({ claims, header }))

/** The proof as it stands, changed as text.
 * @param {(proof: string, lab: Lab) => string} change
 * @returns {(lab: Lab) => Promise<boolean>} */
const rewritten = (change) => async (lab) => lab.send(lab.token, change(await lab.prove(), lab))

/** @param {unknown} value */
const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** @type {readonly Case[]} */
export const proofCases = [
  ...['jti', 'htm', 'htu', 'iat', 'ath'].map((name) => ({
    title: `proof without ${name}`,
    want: /** @type {const} */ ('refuse'),
    because: 'RFC 9449 §4.2 and §4.3-3',
    attempt: spoiled({ [name]: undefined }),
  })),
  { title: 'proof without typ', want: 'refuse', because: 'RFC 9449 §4.3-4', attempt: spoiled({}, { typ: undefined }) },
  { title: 'proof with typ JWT', want: 'refuse', because: 'RFC 9449 §4.3-4', attempt: spoiled({}, { typ: 'JWT' }) },
  {
    title: 'alg none, no signature',
    want: 'refuse',
    because: 'RFC 9449 §4.3-5',
    attempt: rewritten((proof, { client }) => `${part({ typ: 'dpop+jwt', alg: 'none', jwk: client.jwk })}.${proof.split('.')[1]}.`),
  },
  {
    title: 'HS256 with the public key as the secret',
    want: 'refuse',
    because: 'RFC 9449 §4.3-5, RFC 8725 §2.1',
    attempt: rewritten((proof, { client }) => {
      const input = `${part({ typ: 'dpop+jwt', alg: 'HS256', jwk: client.jwk })}.${proof.split('.')[1]}`
      return `${input}.${createHmac('sha256', JSON.stringify(client.jwk)).update(input).digest('base64url')}`
    }),
  },
  {
    title: 'signature that does not verify',
    want: 'refuse',
    because: 'RFC 9449 §4.3-6',
    attempt: rewritten((proof) => `${proof.slice(0, -20)}${proof.at(-20) === 'A' ? 'B' : 'A'}${proof.slice(-19)}`),
  },
  {
    title: 'private key in the jwk header',
    want: 'refuse',
    because: 'RFC 9449 §4.3-7',
    attempt: async (lab) => lab.send(lab.token, await lab.prove({ header: { jwk: lab.client.privateKey.export({ format: 'jwk' }) } })),
  },
  { title: 'no jwk header', want: 'refuse', because: 'RFC 9449 §4.2', attempt: spoiled({}, { jwk: undefined }) },
  {
    title: 'critical header that nobody knows',
    want: 'refuse',
    because: 'RFC 7515 §4.1.11',
    attempt: spoiled({}, { crit: ['urn:bench:unknown'], 'urn:bench:unknown': true }),
  },
  {
    title: 'claim named twice, once for another method',
    want: 'refuse',
    because: 'RFC 8725 §2.4, RFC 7519 §4: two readers may see two claims',
    choice: true,
    attempt: async ({ token, prove, send, client }) =>
      send(
        token,
        resigned(await prove(), client, (text) => text.replace('"htm":', '"htm":"POST","htm":')),
      ),
  },
  {
    title: 'jti of 100,000 characters',
    want: 'refuse',
    because: 'it is kept in the replay store; RFC 9449 §11.1',
    choice: true,
    attempt: spoiled({ jti: 'x'.repeat(100_000) }),
  },
  { title: 'empty jti', want: 'refuse', because: 'RFC 9449 §4.2', attempt: spoiled({ jti: '' }) },
  { title: 'htm of another method', want: 'refuse', because: 'RFC 9449 §4.3-8', attempt: spoiled({ htm: 'POST' }) },
  { title: 'htm in lower case', want: 'refuse', because: 'methods are case-sensitive, RFC 9110 §9.1', attempt: spoiled({ htm: 'get' }) },
  { title: 'htu of another path', want: 'refuse', because: 'RFC 9449 §4.3-9', attempt: spoiled({ htu: `${HTU}0` }) },
  { title: 'htu with http for https', want: 'refuse', because: 'RFC 9449 §4.3-9', attempt: spoiled({ htu: HTU.replace('https', 'http') }) },
  { title: 'htu of another host', want: 'refuse', because: 'RFC 9449 §4.3-9', attempt: spoiled({ htu: HTU.replace('api.', 'apis.') }) },
  { title: 'htu of a host that continues ours', want: 'refuse', because: 'RFC 9449 §4.3-9', attempt: spoiled({ htu: HTU.replace('.test', '.test.example') }) },
  {
    title: 'htu with a user before the host',
    want: 'refuse',
    because: 'no user belongs in it, RFC 9110 §4.2.4',
    choice: true,
    attempt: spoiled({ htu: HTU.replace('//', '//user@') }),
  },
  { title: 'htu that is a path only', want: 'refuse', because: 'RFC 9449 §4.2', attempt: spoiled({ htu: new URL(HTU).pathname }) },
  { title: 'htu with query and fragment', want: 'accept', because: 'both are ignored, RFC 9449 §4.3-9', attempt: spoiled({ htu: `${HTU}?a=b#c` }) },
  {
    title: 'htu with upper-case host and default port',
    want: 'accept',
    because: 'normalise before comparing, RFC 9449 §4.3',
    attempt: spoiled({ htu: HTU.replace('api.bench.test', 'API.Bench.Test:443') }),
  },
  {
    title: 'htu with a needless escape',
    want: 'accept',
    because: 'normalise before comparing, RFC 9449 §4.3',
    attempt: spoiled({ htu: HTU.replace('orders', '%6frders') }),
  },
  {
    title: 'request with a query, htu without',
    want: 'accept',
    because: 'RFC 9449 §4.2',
    attempt: async ({ token, prove, send }) => send(token, await prove(), { target: '/orders/1?a=b' }),
  },
  { title: 'iat one hour ago', want: 'refuse', because: 'RFC 9449 §4.3-11', attempt: async (lab) => spoiled({ iat: now() - 3_600 })(lab) },
  { title: 'iat one hour ahead', want: 'refuse', because: 'RFC 9449 §4.3-11', attempt: async (lab) => spoiled({ iat: now() + 3_600 })(lab) },
  {
    title: 'iat 290 seconds ago',
    want: 'refuse',
    because: 'the window is the server’s; ours is a minute',
    choice: true,
    attempt: async (lab) => spoiled({ iat: now() - 290 })(lab),
  },
  {
    title: 'iat 290 seconds ahead',
    want: 'refuse',
    because: 'a proof made in advance, RFC 9449 §11.2',
    attempt: async (lab) => spoiled({ iat: now() + 290 })(lab),
  },
  { title: 'iat as text', want: 'refuse', because: 'a NumericDate, RFC 7519 §4.1.6', attempt: async (lab) => spoiled({ iat: String(now()) })(lab) },
  { title: 'ath of another token', want: 'refuse', because: 'RFC 9449 §4.3-12', attempt: spoiled({ ath: 'A'.repeat(43) }) },
  {
    title: 'stolen token, proof with the thief’s key',
    want: 'refuse',
    because: 'RFC 9449 §4.3-12',
    attempt: async ({ token, prove, send }) => send(token, await prove({ client: createClient() })),
  },
]

/** The same header and a changed payload, signed anew: for what no JSON writer would write.
 * @param {string} proof
 * @param {import('../world.mjs').Client} client
 * @param {(payload: string) => string} change */
function resigned(proof, client, change) {
  const [header = '', payload = ''] = proof.split('.').map((text) => Buffer.from(text, 'base64url').toString())
  return signText(header, change(payload), client.privateKey)
}
