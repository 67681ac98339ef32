/** What a guard polls; only hashes are in it. */
export type RevocationFeed = {
  readonly schema: 'everyhop.revocations/1'
  /** Epoch seconds, with fractions: everything revoked until then is in `revoked`. */
  readonly watermark: number
  /** base64url SHA-256 of the token's `jti`, and its `exp`. */
  readonly revoked: readonly { readonly id: string; readonly until: number }[]
}

export type Revocations = {
  /** False where this client has as many live revocations as one client may have: nobody can crowd out the others. */
  readonly add: (client: string, id: string, until: number, now: number) => boolean
  readonly feed: (now: number) => RevocationFeed
}

/** Seconds that an entry stays beyond `exp`, for verifiers whose clocks are late. */
const LINGER = 60
/** Revocations of all clients that may live at once: verifiers read a feed of 8 MiB at most, and a longer one would stop them all. */
const MAX_ALIVE = 100_000
const MAX_PER_CLIENT = 10_000

/** How many live revocations one client may have, where there are this many. */
export const revocationShare = (clients: number): number => Math.min(MAX_PER_CLIENT, Math.floor(MAX_ALIVE / Math.max(1, clients)))

export function createRevocations(skew: number, maxPerClient: number): Revocations {
  const clients = new Map<string, Map<string, number>>()

  function sweep(now: number) {
    for (const [client, revoked] of clients) {
      for (const [id, until] of revoked) if (until + skew + LINGER < now) revoked.delete(id)
      if (revoked.size === 0) clients.delete(client)
    }
  }

  return {
    add(client, id, until, now) {
      sweep(now)
      const revoked = clients.get(client) ?? new Map<string, number>()
      if (revoked.size >= maxPerClient && !revoked.has(id)) return false
      clients.set(client, revoked.set(id, until))
      return true
    },
    feed(now) {
      sweep(now)
      const revoked = [...clients.values()].flatMap((entries) => [...entries].map(([id, until]) => ({ id, until })))
      return { schema: 'everyhop.revocations/1', watermark: now, revoked }
    },
  }
}
