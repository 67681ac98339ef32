/** A revocation as the feed tells it; only hashes, thumbprints and ids of clients are in it. */
export type FeedEntry = {
  /** Of a token where it is absent. */
  readonly kind?: 'client' | 'key' | 'grant'
  /** base64url SHA-256 of a token's `jti` or of the name of a grant; a `client_id`; the `jkt` or `x5t#S256` of a key. */
  readonly id: string
  /** Epoch seconds; afterwards it may be forgotten. A token's `exp`. */
  readonly until: number
  /** Epoch seconds: only what was issued up to and including then. */
  readonly before?: number
}

/** What a guard polls. */
export type RevocationFeed = {
  readonly schema: 'everyhop.revocations/1'
  /** Epoch seconds, with fractions: everything revoked until then is in `revoked`, or was in an earlier answer. */
  readonly watermark: number
  /** Epoch seconds: what was revoked before may be forgotten. */
  readonly since: number
  /** Given as `after` with the next question, it asks for what came later only. */
  readonly cursor: string
  readonly revoked: readonly FeedEntry[]
}

export type RevocationsOptions = {
  /** Seconds. */
  readonly skew: number
  readonly maxPerClient: number
  /** Epoch seconds. */
  readonly since: number
  /** Names this memory: a cursor of another one means nothing to it. */
  readonly memory: string
}

export type Revocations = {
  /** False where this client has as many live revocations as one client may have: nobody can crowd out the others. */
  readonly add: (client: string, entry: FeedEntry, now: number) => boolean
  /** Takes over what was revoked elsewhere, and since when all of that is known. */
  readonly learn: (entries: readonly FeedEntry[], since: number) => void
  readonly feed: (now: number, after?: string) => RevocationFeed
  /** Of something that was issued at a time, where that counts. */
  readonly isRevoked: (kind: 'token' | 'client' | 'key' | 'grant', id: string, now: number, issuedAt?: number) => boolean
}

/** Seconds that an entry stays beyond its end, for verifiers whose clocks are late. */
const LINGER = 60
/** Seconds between two sweeps. */
const SWEEP_EVERY = 10
/** Revocations of all clients that may live at once: verifiers read a feed of 8 MiB at most, and a longer one would stop them all. */
const MAX_ALIVE = 100_000
const MAX_PER_CLIENT = 10_000

/** How many live revocations one client may have, where there are this many. */
export const revocationShare = (clients: number): number => Math.min(MAX_PER_CLIENT, Math.floor(MAX_ALIVE / Math.max(1, clients)))

type Kept = { readonly entry: FeedEntry; readonly client: string | undefined; readonly number: number }

export function createRevocations({ skew, maxPerClient, since: begun, memory }: RevocationsOptions): Revocations {
  /** By what is revoked; in the order of their numbers. */
  const kept = new Map<string, Kept>()
  const counts = new Map<string, number>()
  let since = begun
  let last = 0
  let sweptAt = -Infinity

  const isAlive = ({ until }: FeedEntry, now: number): boolean => until + skew + LINGER >= now

  function sweep(now: number): void {
    if (Math.abs(now - sweptAt) < SWEEP_EVERY) return
    sweptAt = now
    counts.clear()
    for (const [key, { entry, client }] of kept) {
      if (!isAlive(entry, now)) kept.delete(key)
      else if (client !== undefined) counts.set(client, countOf(client) + 1)
    }
  }

  const countOf = (client: string): number => counts.get(client) ?? 0

  /** Whether it is new here. What is there stays as wide as it is: an earlier end or a `before` takes nothing back. */
  function keep(entry: FeedEntry, client: string | undefined): boolean {
    const key = `${entry.kind ?? 'token'} ${entry.id}`
    const other = kept.get(key)
    const widened = other === undefined ? entry : wider(other.entry, entry)
    if (other !== undefined && other.entry.until === widened.until && other.entry.before === widened.before) return false
    kept.delete(key)
    last += 1
    kept.set(key, { entry: widened, client: other === undefined ? client : other.client, number: last })
    return other === undefined
  }

  return {
    add(client, entry, now) {
      sweep(now)
      const isThere = kept.has(`${entry.kind ?? 'token'} ${entry.id}`)
      if (!isThere && countOf(client) >= maxPerClient) return false
      if (keep(entry, client)) counts.set(client, countOf(client) + 1)
      return true
    },
    learn(entries, from) {
      since = from
      for (const entry of entries) keep(entry, undefined)
    },
    feed(now, after) {
      sweep(now)
      const [name, number] = after?.split('.') ?? []
      const known = name === memory && /^\d{1,15}$/.test(number ?? '') ? Number(number) : 0
      const news = known === last ? [] : [...kept.values()].filter((one) => one.number > known)
      const revoked = news.filter(({ entry }) => isAlive(entry, now)).map(({ entry }) => entry)
      return { schema: 'everyhop.revocations/1', watermark: now, since, cursor: `${memory}.${last}`, revoked }
    },
    isRevoked(kind, id, now, issuedAt = -Infinity) {
      const entry = kept.get(`${kind} ${id}`)?.entry
      return entry !== undefined && isAlive(entry, now) && issuedAt <= (entry.before ?? Infinity)
    },
  }
}

function wider(one: FeedEntry, other: FeedEntry): FeedEntry {
  const { before: _, ...rest } = other
  const before = one.before === undefined || other.before === undefined ? undefined : Math.max(one.before, other.before)
  return { ...rest, until: Math.max(one.until, other.until), ...(before !== undefined && { before }) }
}
