import type { Claims, Field } from './attack.js'
import { algOf, compact, random } from './jose.js'
import type { RunnerClient } from './runner-client.js'

/** What a request to the issuer carries to say who asks. */
export type Credentials = { readonly fields: readonly Field[]; readonly form: Readonly<Record<string, string>> }

/** `now` is epoch seconds. */
export function credentialsOf({ clientId, auth }: RunnerClient, issuer: string, now: number): Credentials {
  switch (auth?.by) {
    case 'key': {
      const time = Math.floor(now)
      const { key, kid, audience = issuer, alg = algOf(key) } = auth
      const claims = { iss: clientId, sub: clientId, aud: audience, jti: random(), iat: time, exp: time + 60 }
      const form = {
        client_id: clientId,
        client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
        client_assertion: compact({ alg, typ: 'JWT', kid }, claims, key, alg),
      }
      return { fields: [], form }
    }
    case 'secret': {
      if (auth.in === 'body') return { fields: [], form: { client_id: clientId, client_secret: auth.secret } }
      const pair = [clientId, auth.secret].map(formEncoded).join(':')
      return { fields: [['Authorization', `Basic ${Buffer.from(pair).toString('base64')}`]], form: {} }
    }
    default:
      return { fields: [], form: { client_id: clientId } }
  }
}

/** RFC 6749 §2.3.1: both halves are form-encoded before they are joined. */
const formEncoded = (text: string): string => new URLSearchParams({ '': text }).toString().slice(1)

/** An endpoint of the issuer; the one for certificates (RFC 8705 §5) where the client authenticates with one. */
export function endpointFor({ auth }: RunnerClient, metadata: Claims, name: string): string | undefined {
  const aliases = metadata['mtls_endpoint_aliases']
  const alias = auth?.by === 'certificate' && typeof aliases === 'object' && aliases !== null ? (aliases as Claims)[name] : undefined
  return [alias, metadata[name]].find((url): url is string => typeof url === 'string' && URL.canParse(url))
}
