import { isObject, type Json } from '@everyhop/proof'
import { fetchJson, type Fetch } from '../tokens/fetch-json.js'
import { readRevocation } from './revocation-text.js'
import type { Revocation, RevocationSource } from './revocation-store.js'

/** A hundred thousand revoked tokens. */
const MAX_BYTES = 16_777_216

/**
 * The feed `everyhop.revocations/1` of an issuer. An entry without `kind` is a token's, one without `until` counts as long as a token
 * may live. A feed that gives a `cursor` is asked for what came after it; one that gives none tells all each time.
 * @param tokenLifetime Seconds that a token may live.
 */
export function revocationFeed(
  url: string,
  fetch: Fetch,
  { tokenLifetime, deadlineMs }: { readonly tokenLifetime: number; readonly deadlineMs: number },
): RevocationSource {
  return {
    async changes(cursor) {
      const asked = new URL(url)
      if (cursor !== undefined && cursor !== '') asked.searchParams.set('after', cursor)
      const feed = await fetchJson(fetch, cursor === undefined || cursor === '' ? url : asked.href, deadlineMs, MAX_BYTES)
      return readFeed(feed, tokenLifetime)
    },
  }
}

function readFeed(feed: Json, tokenLifetime: number): Awaited<ReturnType<RevocationSource['changes']>> {
  const { schema, watermark, since = 0, cursor = '', revoked, more = false } = feed
  const isFeed = schema === 'everyhop.revocations/1' && typeof watermark === 'number' && typeof since === 'number' && typeof cursor === 'string'
  if (!isFeed || !Array.isArray(revoked)) throw new Error('not a revocation feed')
  const revocations = revoked.map((entry: unknown) => readEntry(entry, watermark + tokenLifetime))
  return { watermark, since, memory: '', revocations, cursor, more: more === true }
}

function readEntry(entry: unknown, defaultUntil: number): Revocation {
  const { kind = 'token', id, until = defaultUntil, before } = isObject(entry) ? entry : {}
  const revocation = readRevocation({ kind, id, until, ...(before !== undefined && { before }) })
  if (!revocation) throw new Error('not a revocation feed')
  return revocation
}
