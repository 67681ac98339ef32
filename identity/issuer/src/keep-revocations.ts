import { randomBytes } from 'node:crypto'
import { createRevocations, type FeedEntry, type RevocationFeed, type RevocationsOptions } from './revocations.js'

/** A revocation as verifiers share it. */
export type SharedRevocation = {
  readonly kind: 'token' | 'client' | 'key' | 'grant'
  readonly id: string
  readonly until: number
  readonly before?: number
  readonly issuer?: string
}

/** Where revocations outlive the process and reach its other instances: the revocation stores of `@everyhop/verifier` are such. */
export type SharedRevocations = {
  revoke(revocations: readonly SharedRevocation[]): Promise<void>
  changes(cursor: string | undefined): Promise<{
    readonly since: number
    readonly revocations: readonly SharedRevocation[]
    readonly cursor: string
    readonly more: boolean
  }>
}

export type KeptRevocations = {
  /** `full`: this client has its share. `unavailable`: in force here, but whether it reached the store is not certain. */
  readonly revoke: (client: string, entry: FeedEntry) => Promise<'revoked' | 'full' | 'unavailable'>
  /** Rejects where the store cannot be read. */
  readonly feed: (after?: string) => Promise<RevocationFeed>
  readonly isRevoked: (kind: SharedRevocation['kind'], id: string, issuedAt?: number) => boolean
}

/** Revocations in memory, and in the store where there is one. */
export function keepRevocations(issuer: string, options: Omit<RevocationsOptions, 'memory'>, store?: SharedRevocations): KeptRevocations {
  const here = createRevocations({ ...options, memory: randomBytes(8).toString('hex') })
  const now = (): number => Date.now() / 1000
  let cursor: string | undefined
  let inFlight: Promise<void> | undefined

  async function catchUp(from: SharedRevocations): Promise<void> {
    for (let more = true; more;) {
      const changes = await from.changes(cursor)
      here.learn(changes.revocations.filter(isOurs).map(entryOf), changes.since)
      ;({ cursor, more } = changes)
    }
  }
  const isOurs = (revocation: SharedRevocation): boolean => revocation.issuer === undefined || revocation.issuer === issuer

  return {
    async revoke(client, entry) {
      if (!here.add(client, entry, now())) return 'full'
      const stored = store?.revoke([{ kind: 'token', ...entry, issuer }]) ?? Promise.resolve()
      return stored.then(
        () => 'revoked' as const,
        () => 'unavailable' as const,
      )
    },
    async feed(after) {
      const at = now()
      if (store) {
        inFlight ??= catchUp(store).finally(() => {
          inFlight = undefined
        })
        await inFlight
      }
      return here.feed(at, after)
    },
    isRevoked: (kind, id, issuedAt) => here.isRevoked(kind, id, now(), issuedAt),
  }
}

const entryOf = ({ kind, id, until, before }: SharedRevocation): FeedEntry => ({
  ...(kind === 'token' ? {} : { kind }),
  id,
  until,
  ...(before !== undefined && { before }),
})
