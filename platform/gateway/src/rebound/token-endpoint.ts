import { isObject, readObject } from '@everyhop/proof'
import type { Fetch } from '@everyhop/verifier'
import { ExchangeError } from './exchange-token.js'

const MAX_BYTES = 262_144

/** The issuer's token endpoint, from its metadata (RFC 8414 §3); asked for once, and again after a failure. */
export function createTokenEndpoint(issuer: string, fetch: Fetch): (signal: AbortSignal) => Promise<string> {
  let known: Promise<string> | undefined
  return (signal) => {
    known ??= discover(issuer, fetch, signal).catch((error: unknown) => {
      known = undefined
      throw error
    })
    return known
  }
}

async function discover(issuer: string, fetch: Fetch, signal: AbortSignal): Promise<string> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  for (const url of [`${origin}/.well-known/oauth-authorization-server${path}`, `${origin}${path}/.well-known/openid-configuration`]) {
    const found = await read(fetch, url, signal)
    // A document that names another issuer speaks for that one (RFC 8414 §3.3), and none may lead to an unprotected place.
    const { issuer: named, token_endpoint: endpoint } = found
    if (named !== issuer || typeof endpoint !== 'string' || !URL.canParse(endpoint)) continue
    const target = new URL(endpoint)
    if (target.protocol === 'https:' || target.origin === origin) return endpoint
  }
  throw new ExchangeError('the metadata of the issuer names no token endpoint that is its own or https')
}

async function read(fetch: Fetch, url: string, signal: AbortSignal): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(url, { signal, redirect: 'error', headers: { accept: 'application/json' } })
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body ?? []) {
    size += chunk.length
    if (size > MAX_BYTES) return {}
    chunks.push(chunk)
  }
  const json = response.ok ? readObject(Buffer.concat(chunks).toString('utf8')) : undefined
  return isObject(json) ? json : {}
}
