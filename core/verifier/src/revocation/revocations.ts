import { isObject, type Json } from '@everyhop/proof'
import { fetchJson, type Fetch } from '../tokens/fetch-json.js'

const TIMEOUT_MS = 2_000
/** A hundred thousand revoked tokens. */
const MAX_BYTES = 8_388_608
const MAX_KEPT = 100_000
/** Seconds beyond the token's end for which a revocation is kept: more than any skew. */
const LINGER = 60
/** Seconds that an answer of the feed counts; then it is asked again, and the request waits for it. */
const MAX_AGE = 1
/** Seconds that the feed's own watermark may lie behind our clock: two clocks, and no cache between them. */
const MAX_LAG = 30

export type Revocations = {
  /** Whether the token with this id (base64url SHA-256 of its `jti`) was revoked, as of at most a second ago. */
  readonly of: (tokenId: string, now: number) => Promise<'revoked' | 'live' | 'unavailable'>
}

/** Nothing can be revoked at an issuer without a feed: its tokens end when they expire. */
export const noRevocations: Revocations = { of: () => Promise.resolve('live') }

/** Reads the issuer's feed of revoked tokens, at most once a second however many requests ask. */
export function createRevocations(url: string, fetch: Fetch): Revocations {
  let revoked: Revoked = new Map()
  let askedAt = -Infinity
  let inFlight: Promise<boolean> | undefined

  async function ask(now: number): Promise<boolean> {
    try {
      const feed = readFeed(await fetchJson(fetch, url, TIMEOUT_MS, MAX_BYTES), now)
      revoked = new Map([...stillRevoked(revoked, now), ...feed])
      askedAt = now
      return true
    } catch {
      return false
    }
  }

  return {
    async of(tokenId, now) {
      // Both ways: an answer from the future is one from before the clock was set back, and of any age.
      if (!(Math.abs(now - askedAt) <= MAX_AGE)) {
        inFlight ??= ask(now).finally(() => {
          inFlight = undefined
        })
        if (!(await inFlight)) return 'unavailable'
      }
      return revoked.has(tokenId) ? 'revoked' : 'live'
    },
  }
}

/** Ids of tokens with the epoch second in which they end; 0 where the feed does not say. */
type Revoked = ReadonlyMap<string, number>

/** What was revoked stays so until its end, though the feed forgets it: an issuer that starts again may know nothing of before. */
const stillRevoked = (revoked: Revoked, now: number): Iterable<readonly [string, number]> =>
  [...revoked].filter(([, until]) => until + LINGER >= now).slice(0, MAX_KEPT)

function readFeed(feed: Json, now: number): Revoked {
  if (feed['schema'] !== 'everyhop.revocations/1' || !Array.isArray(feed['revoked'])) throw new Error('not a revocation feed')
  const { watermark } = feed
  if (!(typeof watermark === 'number' && now - watermark <= MAX_LAG)) throw new Error('a revocation feed of long ago')
  return new Map(
    feed['revoked'].map((entry: unknown) => {
      if (!isObject(entry) || typeof entry['id'] !== 'string') throw new Error('not a revocation feed')
      return [entry['id'], typeof entry['until'] === 'number' ? entry['until'] : 0] as const
    }),
  )
}
