/**
 * Who is let in to be decided. What is too much is refused at once, since a decision that comes after the gateway gave up costs
 * as much as one in time and serves nobody.
 */
export type Admission = {
  /** False where this one is too much; where true, call `leave` when it is done. */
  readonly enter: () => boolean
  readonly leave: () => void
  readonly inFlight: () => number
  readonly shed: () => number
}

export type AdmissionOptions = {
  /** Decisions under way at once, waiting for keys or a store. */
  readonly maxInFlight: number
  /** Milliseconds that one turn of the event loop may decide for; what else came in that turn has waited that long already. */
  readonly maxTurnMs: number
  readonly now?: () => number
  /** Calls back when the turn is over. */
  readonly atEndOfTurn?: (end: () => void) => void
}

export function createAdmission({ maxInFlight, maxTurnMs, now = () => performance.now(), atEndOfTurn = setImmediate }: AdmissionOptions): Admission {
  let inFlight = 0
  let shed = 0
  let turnBegan: number | undefined

  function isLate(): boolean {
    if (turnBegan !== undefined) return now() - turnBegan > maxTurnMs
    turnBegan = now()
    atEndOfTurn(() => (turnBegan = undefined))
    return false
  }

  return {
    enter() {
      if (isLate() || inFlight >= maxInFlight) {
        shed += 1
        return false
      }
      inFlight += 1
      return true
    },
    leave() {
      inFlight -= 1
    },
    inFlight: () => inFlight,
    shed: () => shed,
  }
}
