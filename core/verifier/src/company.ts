/** How the event loop says that something is over; Node's own unless a test brings its own. */
export type Turns = {
  /** Once the code that runs now is done. */
  readonly afterThis: (call: () => void) => void
  /** Once the callback that runs now is done, with all that follows from it. */
  readonly afterCallback: (call: () => void) => void
  /** Once the event loop has come round. */
  readonly afterTurn: (call: () => void) => void
}

/** Whether other signatures want verifying at the same time. */
export type Company = {
  /** Whether the next one should leave this thread to the rest. */
  readonly isThere: () => boolean
  /** One is verified on this thread now. */
  readonly here: () => void
  /** One goes to another thread; call what it returns when it is back. */
  readonly aside: () => () => void
}

/**
 * For one signature alone another thread only means waiting longer; for several it means as many at once. Others are there while some are
 * aside, or where one was verified here a moment ago: by the code that runs now, as for requests that were started together, or by
 * another callback of this turn of the event loop, as for requests that came over several connections. One after the other in one
 * callback, each waited for, is no company.
 * With `most` aside the next is verified here: those threads also serve files and names, and a line of more gains nothing.
 */
export function createCompany(most: number, turns: Turns = NODE): Company {
  let aside = 0
  /** Where the last one was verified on this thread, as seen from here. */
  let last: 'this code' | 'this callback' | 'this turn' | 'before' = 'before'

  const endCode = (): void => {
    if (last === 'this code') last = 'this callback'
  }
  const endCallback = (): void => {
    last = 'this turn'
  }
  const endTurn = (): void => {
    last = 'before'
  }
  const comeBack = (): void => {
    aside -= 1
  }

  return {
    isThere: () => aside < most && (aside > 0 || last === 'this code' || last === 'this turn'),
    here() {
      if (last === 'before') {
        turns.afterCallback(endCallback)
        turns.afterTurn(endTurn)
      }
      if (last === 'this turn') return
      last = 'this code'
      turns.afterThis(endCode)
    },
    aside() {
      aside += 1
      return comeBack
    },
  }
}

const NOW = Promise.resolve()

const NODE: Turns = {
  afterThis: (call) => void NOW.then(call),
  afterCallback: (call) => process.nextTick(call),
  afterTurn: (call) => void setImmediate(call),
}
