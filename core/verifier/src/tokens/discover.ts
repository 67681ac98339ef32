import { askFor, isSafeUrl, type Fetch } from './fetch-json.js'
import { NoAnswer } from './no-answer.js'

/** The URL of an issuer's keys, from its own metadata, in the milliseconds that are left. Rejects, with the reason, where there is none to go by. */
export async function discoverJwksUri(issuer: string, fetch: Fetch, leftMs: () => number): Promise<string> {
  let reason: unknown = new NoAnswer('no metadata')
  for (const url of metadataUrls(issuer)) {
    try {
      const { json } = await askFor(fetch, url, { timeoutMs: leftMs() })
      // A document that names another issuer speaks for that one (RFC 8414 §3.3).
      if (json['issuer'] !== issuer) throw new NoAnswer('its metadata names another issuer')
      const uri = json['jwks_uri']
      if (typeof uri !== 'string') throw new NoAnswer('its metadata has no jwks_uri')
      if (!isWithin(issuer, uri)) throw new NoAnswer('its metadata has a jwks_uri that is neither https nor of its own origin')
      return uri
    } catch (error) {
      reason = error
    }
  }
  throw reason
}

/** RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect behind it, both without a slash at its end. Both are tried. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`]
}

/** Metadata of a distant issuer must not send us to an unprotected service of this machine. */
const isWithin = (issuer: string, uri: string): boolean => isSafeUrl(uri) && (uri.startsWith('https:') || new URL(uri).origin === new URL(issuer).origin)
