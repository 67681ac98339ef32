/** Seconds of a period; what was seen counts for one to two of them. */
const PERIOD = 30

/**
 * How far another clock is ahead of ours, at least: the best of what was seen of late. A watermark is made before its answer arrives,
 * so each answer gives a lower bound, and one that comes out of some cache, or from a source that stands still, gives a poor one:
 * by the best bound it is old. Two clocks that differ need no agreement for this; one that was set anew is believed within a minute.
 */
export function createLead(): (seen: number, now: number) => number {
  let [before, current] = [-Infinity, -Infinity]
  let startedAt = -Infinity

  return (seen, now) => {
    const passed = Math.abs(now - startedAt)
    if (passed >= PERIOD) {
      before = passed >= 2 * PERIOD ? -Infinity : current
      current = -Infinity
      startedAt = now
    }
    current = Math.max(current, seen)
    return Math.max(before, current)
  }
}
