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

export function createRevocations(skew: number, maxPerClient = 10_000): Revocations {
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
