import { randomUUID, type KeyObject } from 'node:crypto'
import { signCompact } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'

/** How this hop authenticates itself to an issuer that it asks about tokens. RFC 7662 §2.1; methods as in RFC 7591 §2. */
export type ClientCredentials =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly clientId: string; readonly clientSecret: string }
  | PrivateKey

type PrivateKey = {
  readonly method: 'private_key_jwt'
  readonly clientId: string
  /** A private key of an algorithm that proofs may have: EC, Ed25519, or RSA, which then signs with PSS. */
  readonly key: KeyObject
  /** As the issuer knows the key, where it knows it by a name. */
  readonly kid?: string
}

/** What a request carries so that the issuer knows who asks. */
export type Authentication = { readonly headers: Readonly<Record<string, string>>; readonly fields: Readonly<Record<string, string>> }

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Seconds. */
const ASSERTION_LIFETIME = 60

/** Gives what to send at a time (epoch seconds). Throws ConfigError for credentials that no issuer could accept. */
export function createAuthentication(credentials: ClientCredentials, issuer: string): (now: number) => Authentication {
  const { method, clientId } = credentials
  const refused = (why: string): ConfigError => new ConfigError('config.introspection-credentials', `the credentials for the issuer ${issuer} ${why}`)
  if (typeof clientId !== 'string' || clientId === '') throw refused('have no clientId')
  if (method === 'private_key_jwt') {
    if (!canSign(credentials.key)) throw refused('need a private key: EC, Ed25519, or RSA of 2048 bits or more')
    return (now) => ({ headers: {}, fields: { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion(credentials, issuer, now) } })
  }
  const { clientSecret } = credentials
  if (typeof clientSecret !== 'string' || clientSecret === '') throw refused('have no clientSecret')
  if (method === 'client_secret_post') return () => ({ headers: {}, fields: { client_id: clientId, client_secret: clientSecret } })
  if (method !== 'client_secret_basic') throw refused('name a method that is not known')
  const basic = Buffer.from(`${formEncoded(clientId)}:${formEncoded(clientSecret)}`).toString('base64')
  return () => ({ headers: { authorization: `Basic ${basic}` }, fields: {} })
}

/** RFC 7523 §3. Its only audience is the issuer, so that no other server can use it. */
function assertion({ clientId, key, kid }: PrivateKey, issuer: string, now: number): string {
  const iat = Math.floor(now)
  return signCompact(
    { typ: 'JWT', ...(kid === undefined ? {} : { kid }) },
    { iss: clientId, sub: clientId, aud: issuer, jti: randomUUID(), iat, exp: iat + ASSERTION_LIFETIME },
    key,
  )
}

function canSign(key: KeyObject): boolean {
  try {
    return signCompact({}, {}, key) !== ''
  } catch {
    return false
  }
}

/** RFC 6749 §2.3.1: name and password are form-encoded before they are joined. */
const formEncoded = (value: string): string => new URLSearchParams([['', value]]).toString().slice(1)
