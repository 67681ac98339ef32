import type { Code } from '@everyhop/proof'
import type { RevocationSubject } from './knowledge.js'
import { codeOf, type Revocations, type Standing } from './open-revocations.js'

/** Milliseconds between two looks; each asks first, so that with the time of an answer it is still within a second. */
const EVERY_MS = 500

export type WatchOptions = {
  readonly standingOf: Revocations['of']
  /** Called before each look. */
  readonly renew: Revocations['renew']
  /** Epoch seconds. */
  readonly clock: () => number
  /** Seconds for which it may be unknown whether something was revoked. */
  readonly grace: number
  /** Calls `look` every so many milliseconds until the function that it returns is called; a timer that keeps no process alive. */
  readonly schedule?: (look: () => void, everyMs: number) => () => void
}

export type RevocationWatch = {
  /** Calls `close` once when the subject is revoked, or that is unknown for longer than the grace. The answer ends the watch. */
  readonly watch: (subject: RevocationSubject, close: (why: Code) => void) => () => void
}

type Watched = { readonly subject: RevocationSubject; readonly close: (why: Code) => void; unknownSince: number | undefined }

/** Looks after what stays open: a request is judged once, a stream for as long as it lasts. */
export function createRevocationWatch({ standingOf, renew, clock, grace, schedule = every }: WatchOptions): RevocationWatch {
  const watched = new Set<Watched>()
  let stop: (() => void) | undefined
  let isLooking = false

  async function look(): Promise<void> {
    if (isLooking) return
    isLooking = true
    try {
      await renew(clock())
      await Promise.all(Array.from(watched, lookAt))
    } catch {
      // There is no time to look by. A look that fails must neither end the process nor be the last.
    } finally {
      isLooking = false
    }
  }

  async function lookAt(one: Watched): Promise<void> {
    const standing = await ask(one)
    if (standing !== 'unavailable') one.unknownSince = undefined
    else one.unknownSince ??= clock()
    const isBearable = standing === 'unavailable' && Math.abs(clock() - one.unknownSince!) <= grace
    if (standing === 'live' || isBearable || !end(one)) return
    try {
      one.close(codeOf(standing))
    } catch {
      // One stream that cannot be closed must not keep the others open.
    }
  }

  async function ask({ subject }: Watched): Promise<Standing> {
    try {
      return await standingOf(subject, clock())
    } catch {
      return 'unavailable'
    }
  }

  /** Whether it was still watched. */
  function end(one: Watched): boolean {
    const was = watched.delete(one)
    if (watched.size === 0) {
      stop?.()
      stop = undefined
    }
    return was
  }

  return {
    watch(subject, close) {
      const one: Watched = { subject, close, unknownSince: undefined }
      watched.add(one)
      stop ??= schedule(() => void look(), EVERY_MS)
      return () => void end(one)
    },
  }
}

function every(look: () => void, everyMs: number): () => void {
  const timer = setInterval(look, everyMs)
  timer.unref()
  return () => clearInterval(timer)
}
