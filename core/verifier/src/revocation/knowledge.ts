import { LINGER, type Revocation } from './revocation-store.js'

/** Whom a revocation may hit; what a request has proven is one. */
export type RevocationSubject = {
  readonly issuer: string
  readonly client: string
  readonly tokenId?: string
  readonly jkt?: string
  readonly x5t?: string
  readonly grantId?: string
  /** Epoch seconds. Where it is not known, every revocation counts as later. */
  readonly issuedAt?: number
}

/** All that one source ever told and that still counts. It forgets nothing early, not even what its source forgets. */
export type Knowledge = {
  /** False where there is no room, and the revocation is not known. */
  readonly add: (revocation: Revocation, now: number) => boolean
  readonly hits: (subject: RevocationSubject, now: number) => boolean
  readonly all: () => readonly Revocation[]
}

/** Seconds between two sweeps. */
const SWEEP_EVERY = 30

export function createKnowledge(max: number): Knowledge {
  const byKind = {
    token: new Map<string, Revocation[]>(),
    client: new Map<string, Revocation[]>(),
    key: new Map<string, Revocation[]>(),
    grant: new Map<string, Revocation[]>(),
  }
  let size = 0
  let sweptAt = -Infinity

  function sweep(now: number): void {
    sweptAt = now
    size = 0
    for (const entries of Object.values(byKind)) {
      for (const [id, revocations] of entries) {
        const counting = revocations.filter((revocation) => counts(revocation, now))
        if (counting.length === 0) entries.delete(id)
        else entries.set(id, counting)
        size += counting.length
      }
    }
  }

  return {
    add(revocation, now) {
      if (!counts(revocation, now)) return true
      if (Math.abs(now - sweptAt) >= SWEEP_EVERY) sweep(now)
      const entries = byKind[revocation.kind]
      const others = entries.get(revocation.id) ?? []
      const at = others.findIndex((other) => other.issuer === revocation.issuer)
      if (at >= 0) {
        others[at] = wider(others[at]!, revocation)
        return true
      }
      if (size >= max) return false
      size += 1
      entries.set(revocation.id, [...others, revocation])
      return true
    },
    hits(subject, now) {
      const { token, client, key, grant } = byKind
      return (
        isHit(token, subject.tokenId, subject, now) ||
        isHit(client, subject.client, subject, now) ||
        isHit(key, subject.jkt, subject, now) ||
        isHit(key, subject.x5t, subject, now) ||
        isHit(grant, subject.grantId, subject, now)
      )
    },
    all: () => Object.values(byKind).flatMap((entries) => [...entries.values()].flat()),
  }
}

const counts = ({ until }: Revocation, now: number): boolean => until + LINGER >= now

function isHit(entries: ReadonlyMap<string, readonly Revocation[]>, id: string | undefined, { issuer, issuedAt }: RevocationSubject, now: number): boolean {
  if (id === undefined || entries.size === 0) return false
  const revocations = entries.get(id)
  return (
    revocations !== undefined &&
    revocations.some(
      (revocation) =>
        counts(revocation, now) &&
        (revocation.issuer === undefined || revocation.issuer === issuer) &&
        !(revocation.before !== undefined && issuedAt !== undefined && issuedAt > revocation.before),
    )
  )
}

/** What hits all that either of them hits: of two revocations of one thing none undoes the other. */
function wider(one: Revocation, other: Revocation): Revocation {
  const { before: _, ...rest } = one
  const before = one.before === undefined || other.before === undefined ? undefined : Math.max(one.before, other.before)
  return { ...rest, until: Math.max(one.until, other.until), ...(before !== undefined && { before }) }
}
