const RealDate = Date
let ahead = 0

/** A clock that can be put forward: every library asks `Date` for the time, so no case has to wait. */
class MovableDate extends RealDate {
  /** @param {readonly any[]} given */
  constructor(...given) {
    // @ts-expect-error Date takes one to seven arguments, which are passed on as they came.
    super(...(given.length === 0 ? [MovableDate.now()] : given))
  }

  static now() {
    return RealDate.now() + ahead
  }
}

export function install() {
  globalThis.Date = /** @type {DateConstructor} */ (/** @type {unknown} */ (MovableDate))
}

/** @param {number} seconds */
export function pass(seconds) {
  ahead += seconds * 1_000
}

/** To the beginning of a second, so that a case has the whole second before it. */
export const toFullSecond = () => pass((1_000 - (Date.now() % 1_000)) / 1_000)
