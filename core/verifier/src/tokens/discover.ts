import type { Json } from '@everyhop/proof'
import { askFor, isSafeUrl, type Fetch } from './fetch-json.js'
import { NoAnswer } from './no-answer.js'

/** The URL of an issuer's keys, from its own metadata, in the milliseconds that are left. Rejects, with the reason, where there is none to go by. */
export async function discoverJwksUri(issuer: string, fetch: Fetch, leftMs: () => number): Promise<string> {
  let missing: unknown
  let wrong: NoAnswer | undefined
  for (const url of metadataUrls(issuer)) {
    try {
      const { json } = await askFor(fetch, url, { timeoutMs: leftMs() })
      const uri = jwksUriIn(json, issuer)
      if (typeof uri === 'string') return uri
      wrong ??= uri
    } catch (error) {
      missing = error
    }
  }
  // A document that will not do tells more than one that is not there.
  throw wrong ?? missing
}

function jwksUriIn({ issuer: named, jwks_uri: uri }: Json, issuer: string): string | NoAnswer {
  // A document that names another issuer speaks for that one (RFC 8414 §3.3).
  if (named !== issuer) {
    const slash =
      named === `${issuer}/` ? ': the same with a slash at its end' : `${String(named)}/` === issuer ? ': the same without the slash at its end' : ''
    return new NoAnswer(`its metadata names another issuer${slash}`)
  }
  if (typeof uri !== 'string') return new NoAnswer('its metadata has no jwks_uri')
  return isWithin(issuer, uri) ? uri : new NoAnswer('its metadata has a jwks_uri that is neither https nor of its own origin')
}

/** RFC 8414 §3.1 puts the well-known part before the issuer's path, OpenID Connect behind it, both without a slash at its end. Both are tried. */
function metadataUrls(issuer: string): readonly string[] {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  return [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`]
}

/** Metadata of a distant issuer must not send us to an unprotected service of this machine. */
const isWithin = (issuer: string, uri: string): boolean => isSafeUrl(uri) && (uri.startsWith('https:') || new URL(uri).origin === new URL(issuer).origin)
