import { createKnowledge, type RevocationSubject } from './knowledge.js'
import { createLead } from './lead.js'
import type { Revocation, RevocationChanges, RevocationSource } from './revocation-store.js'
import { within } from './within.js'

/** Seconds that what is known counts. */
export const MAX_AGE = 1
/** Seconds that a source's clock may lie behind ours. */
const MAX_LAG = 30
/** Seconds after a failure in which the source is not asked again, and nobody waits for it. */
const PAUSE = 0.25
const MAX_PAGES = 1_000
/** Revocations that are written back at a time. */
const BATCH = 500

export type FollowOptions = {
  readonly source: RevocationSource
  /** Epoch seconds. */
  readonly clock: () => number
  readonly deadlineMs: number
  readonly max: number
  /** Takes what a source that lost its memory has to be told again. */
  readonly writeBack?: (revocations: readonly Revocation[]) => Promise<void>
}

/** One source, with what it told so far. */
export type Followed = {
  readonly hits: (subject: RevocationSubject, now: number) => boolean
  /** Seconds by which what is known lies behind `now`; infinite where that is not known. */
  readonly age: (now: number) => number
  /** Epoch seconds by the source's clock: it may have forgotten what was revoked before. */
  readonly since: () => number
  /** Asks what is new, once however many call. Resolves whether it answered; never rejects. */
  readonly refresh: () => Promise<boolean>
}

export function follow({ source, clock, deadlineMs, max, writeBack }: FollowOptions): Followed {
  const known = createKnowledge(max)
  const lead = createLead()
  let cursor: string | undefined
  let memory: string | undefined
  let since = 0
  let asOf = -Infinity
  let failedAt = -Infinity
  let inFlight: Promise<boolean> | undefined
  let owed: readonly Revocation[] = []
  let isWriting = false

  async function read(): Promise<boolean> {
    try {
      for (let pages = 0; pages < MAX_PAGES; pages++) {
        const askedAt = clock()
        const changes = await within(deadlineMs, () => source.changes(cursor))
        const now = clock()
        take(changes, now)
        if (changes.more) continue
        const madeAt = changes.watermark - lead(changes.watermark - now, now)
        if (!(askedAt - madeAt <= MAX_AGE)) throw new Error('an answer that was made before it was asked for')
        asOf = Math.min(askedAt, madeAt)
        void payBack()
        return true
      }
    } catch {
      // It did not answer, not in time, or with something else; or there is no room for what it told.
    }
    failedAt = clock()
    return false
  }

  function take({ watermark, since: begun, memory: named, revocations, cursor: next }: RevocationChanges, now: number): void {
    if (!(now - watermark <= MAX_LAG)) throw new Error('an answer of long ago')
    if (memory !== undefined && named !== memory) owed = known.all()
    memory = named
    since = begun
    for (const revocation of revocations) {
      if (!known.add(revocation, now)) throw new Error('more revocations than there is room for')
    }
    cursor = next
  }

  /** What the source forgot and this instance knows, it is told again, so that instances which start later know it too. */
  async function payBack(): Promise<void> {
    if (writeBack === undefined || isWriting) return
    isWriting = true
    try {
      while (owed.length > 0) {
        const all = owed
        await writeBack(all.slice(0, BATCH))
        if (owed === all) owed = all.slice(BATCH)
      }
    } catch {
      // The rest goes with the next answer.
    }
    isWriting = false
  }

  return {
    hits: known.hits,
    // Both ways: an answer from the future is one from before the clock was set back, and of any age.
    age: (now) => Math.abs(now - asOf),
    since: () => since,
    refresh() {
      if (inFlight === undefined && Math.abs(clock() - failedAt) < PAUSE) return Promise.resolve(false)
      inFlight ??= read().finally(() => {
        inFlight = undefined
      })
      return inFlight
    },
  }
}
