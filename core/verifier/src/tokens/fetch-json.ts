import { isObject, readObject, type Json } from '@everyhop/proof'
import { ConfigError } from '../config-error.js'

export type Fetch = (
  url: string,
  init: { readonly signal: AbortSignal; readonly redirect: 'error'; readonly headers: Record<string, string> },
) => Promise<{
  readonly ok: boolean
  readonly body: AsyncIterable<Uint8Array> | null
}>

const MAX_BYTES = 262_144
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/

/** Throws ConfigError unless the URL is https, or http to this machine: keys and revocations decide who gets in. */
export function requireSafeUrl(url: string, what: string): void {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  const isSafe = parsed?.protocol === 'https:' || (parsed?.protocol === 'http:' && LOOPBACK.test(parsed.hostname))
  if (!isSafe) throw new ConfigError('config.url', `${what} must be an https URL (http only on this machine)`)
}

/** Fetches a JSON object: no redirects, bounded in size and time. Rejects for anything else. */
export async function fetchJson(fetch: Fetch, url: string, timeoutMs: number, maxBytes = MAX_BYTES): Promise<Json> {
  requireSafeUrl(url, 'what is fetched')
  const response = await fetch(url, { signal: AbortSignal.timeout(timeoutMs), redirect: 'error', headers: { accept: 'application/json' } })
  if (!response.ok || !response.body) throw new Error('no answer with content')
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of response.body) {
    size += chunk.length
    if (size > maxBytes) throw new Error('the answer is too large')
    chunks.push(chunk)
  }
  const value = readObject(Buffer.concat(chunks).toString('utf8'))
  if (!isObject(value)) throw new Error('the answer is not a JSON object')
  return value
}
