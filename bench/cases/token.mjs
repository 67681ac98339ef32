import { createHmac } from 'node:crypto'
import { selfSigned } from '../certificate.mjs'
import { createClient, now, sha256 } from '../world.mjs'

/** @typedef {import('../lab.mjs').Case} Case */
/** @typedef {import('../lab.mjs').Lab} Lab */

const CERTIFICATE = selfSigned('shop', createClient())
const OTHER_CERTIFICATE = selfSigned('other', createClient())
const X5T = sha256(CERTIFICATE)
const PEM = `-----BEGIN CERTIFICATE-----\n${CERTIFICATE.toString('base64')}\n-----END CERTIFICATE-----\n`

/** A token that is spoiled, with an honest proof for it.
 * @param {import('../world.mjs').Claims} claims
 * @param {import('../world.mjs').Claims} [header]
 * @returns {(lab: Lab) => Promise<boolean>} */
const spoiled =
  (claims, header = {}) =>
  async ({ world, client, prove, send }) => {
    const token = world.token(client, claims, header)
    return send(token, await prove({ token }))
  }

/** A token of another binding than to the client's key, sent as a bearer token.
 * @param {import('../world.mjs').Claims} claims
 * @param {import('../lab.mjs').Sent} [sent]
 * @returns {(lab: Lab) => Promise<boolean>} */
const asBearer =
  (claims, sent = {}) =>
  async ({ world, send }) =>
    send(world.token(undefined, claims), undefined, { scheme: 'Bearer', ...sent })

/** The victim's certificate is public: whoever can name it in a field has shown nothing.
 * @param {string} name
 * @param {string} value
 * @returns {Case} */
const conveyed = (name, value) => ({
  title: `certificate-bound token, the certificate in a ${name} field of the client`,
  want: 'refuse',
  because: 'only an authenticated hop may convey a certificate, RFC 9440 §2.4',
  attempt: asBearer({ cnf: { 'x5t#S256': X5T } }, { also: [[name, value]] }),
})

/** @type {readonly Case[]} */
export const tokenCases = [
  {
    title: 'bound token as Bearer, without a proof',
    want: 'refuse',
    because: 'RFC 9449 §7.1; what is left where a gateway drops the proof',
    attempt: async ({ token, send }) => send(token, undefined, { scheme: 'Bearer' }),
  },
  {
    title: 'bound token as Bearer, with a good proof',
    want: 'refuse',
    because: 'RFC 9449 §7.1',
    attempt: async ({ token, prove, send }) => send(token, await prove(), { scheme: 'Bearer' }),
  },
  { title: 'bound token as DPoP, without a proof', want: 'refuse', because: 'RFC 9449 §4.3-1', attempt: async ({ token, send }) => send(token, undefined) },
  {
    title: 'scheme in lower case: dpop',
    want: 'accept',
    because: 'schemes are case-insensitive, RFC 9110 §11.1',
    attempt: async ({ token, prove, send }) => send(token, await prove(), { scheme: 'dpop' }),
  },
  {
    title: 'unbound token as DPoP, with a proof',
    want: 'refuse',
    because: 'RFC 9449 §4.3-12',
    attempt: async ({ world, prove, send }) => {
      const token = world.token(undefined)
      return send(token, await prove({ token }))
    },
  },
  {
    title: 'unbound token as Bearer where binding is required',
    want: 'refuse',
    because: 'what the application was told to require',
    attempt: asBearer({}),
  },
  {
    title: 'certificate-bound token with its certificate on the connection',
    want: 'accept',
    because: 'RFC 8705 §3',
    attempt: asBearer({ cnf: { 'x5t#S256': X5T } }, { certificate: CERTIFICATE }),
  },
  {
    title: 'certificate-bound token as Bearer, without a certificate',
    want: 'refuse',
    because: 'RFC 8705 §3',
    attempt: asBearer({ cnf: { 'x5t#S256': X5T } }),
  },
  {
    title: 'certificate-bound token with another certificate',
    want: 'refuse',
    because: 'RFC 8705 §3',
    attempt: asBearer({ cnf: { 'x5t#S256': X5T } }, { certificate: OTHER_CERTIFICATE }),
  },
  conveyed('client-cert', `:${CERTIFICATE.toString('base64')}:`),
  conveyed('x-forwarded-client-cert', `Hash=${CERTIFICATE.toString('hex').slice(0, 64)};Cert="${encodeURIComponent(PEM)}"`),
  conveyed('x-ssl-client-cert', encodeURIComponent(PEM)),
  {
    title: 'cnf with jkt and x5t#S256: proof, no certificate',
    want: 'refuse',
    because: 'each must be proven, RFC 7800 §3.1',
    attempt: async (lab) => spoiled({ cnf: { jkt: lab.client.jkt, 'x5t#S256': X5T } })(lab),
  },
  {
    title: 'cnf with jkt and x5t#S256: proof, another certificate',
    want: 'refuse',
    because: 'each must be proven, RFC 7800 §3.1',
    attempt: async ({ world, client, prove, send }) => {
      const token = world.token(client, { cnf: { jkt: client.jkt, 'x5t#S256': X5T } })
      return send(token, await prove({ token }), { certificate: OTHER_CERTIFICATE })
    },
  },
  {
    title: 'cnf with jkt and x5t#S256: certificate as Bearer, no proof',
    want: 'refuse',
    because: 'each must be proven, RFC 7800 §3.1',
    attempt: async (lab) => asBearer({ cnf: { jkt: lab.client.jkt, 'x5t#S256': X5T } }, { certificate: CERTIFICATE })(lab),
  },
  {
    title: 'cnf of an unknown method as Bearer: {kid}',
    want: 'refuse',
    because: 'bound to something that was not shown, RFC 7800 §3.1',
    attempt: asBearer({ cnf: { kid: 'k9' } }),
  },
  { title: 'empty cnf as Bearer', want: 'refuse', because: 'a binding that nobody can prove, RFC 7800 §3.1', attempt: asBearer({ cnf: {} }) },
  {
    title: 'cnf with jkt and a method that is not known',
    want: 'refuse',
    because: 'RFC 7800 §3.1 leaves it to the application; unknown bindings are not proven',
    choice: true,
    attempt: async (lab) => spoiled({ cnf: { jkt: lab.client.jkt, kid: 'k9' } })(lab),
  },
  { title: 'access token with typ JWT', want: 'refuse', because: 'RFC 9068 §4; an ID token has it too', attempt: spoiled({}, { typ: 'JWT' }) },
  {
    title: 'access token without a signature: alg none',
    want: 'refuse',
    because: 'RFC 9068 §4',
    attempt: forged(({ payload }) => `${part({ typ: 'at+jwt', alg: 'none' })}.${payload}.`),
  },
  {
    title: 'access token as HS256 with the issuer’s public key',
    want: 'refuse',
    because: 'RFC 8725 §2.1',
    attempt: forged(({ payload, world }) => {
      const input = `${part({ typ: 'at+jwt', alg: 'HS256', kid: 'k1' })}.${payload}`
      return `${input}.${createHmac('sha256', JSON.stringify(world.jwks.keys[0])).update(input).digest('base64url')}`
    }),
  },
  {
    title: 'access token with a changed claim',
    want: 'refuse',
    because: 'RFC 9068 §4',
    attempt: forged(({ header, payload, signature }) => {
      const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
      return `${header}.${part({ ...claims, sub: 'admin' })}.${signature}`
    }),
  },
  {
    title: 'access token that has expired',
    want: 'refuse',
    because: 'RFC 9068 §4',
    attempt: async (lab) => spoiled({ iat: now() - 900, exp: now() - 600 })(lab),
  },
  { title: 'access token for another audience', want: 'refuse', because: 'RFC 9068 §4', attempt: spoiled({ aud: ['https://other.bench.test'] }) },
  { title: 'access token of another issuer', want: 'refuse', because: 'RFC 9068 §4', attempt: spoiled({ iss: 'https://other-id.bench.test' }) },
  { title: 'access token that is not valid yet', want: 'refuse', because: 'RFC 7519 §4.1.5', attempt: async (lab) => spoiled({ nbf: now() + 600 })(lab) },
]

/** The honest token in its parts, put together otherwise, with a good proof for what came of it.
 * @param {(parts: { header: string, payload: string, signature: string, world: import('../world.mjs').World }) => string} make
 * @returns {(lab: Lab) => Promise<boolean>} */
function forged(make) {
  return async ({ world, token: honest, prove, send }) => {
    const [header = '', payload = '', signature = ''] = honest.split('.')
    const token = make({ header, payload, signature, world })
    return send(token, await prove({ token }))
  }
}

/** @param {unknown} value */
function part(value) {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}
