/**
 * Several contenders in one process, in turn, again and again: what disturbs the machine disturbs them all.
 * @typedef {{ name: string, prepare: (size: number) => Promise<readonly any[]>, run: (items: readonly any[]) => Promise<void>, times?: number }} Contender
 *   `prepare` makes what a round needs, keys and signatures included, and is not measured;
 *   `times` as many operations make a round of a contender that is much quicker than the others, so that each has its time
 *
 * @typedef {{ rounds: number, size: number, warmUp: number }} Extent rounds that count, operations in each, rounds before
 */

/** Seconds of the wall. */
const wall = () => performance.now() / 1000

/** Seconds of CPU that this process took: what others do on the machine counts less. */
export function cpu() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1e6
}

/**
 * Seconds an operation, of each contender in each round. The order shifts by one each round; the first rounds only warm up, since the
 * compiler takes a thousand calls and more to make its mind up.
 * @param {readonly Contender[]} contenders
 * @param {Extent} extent
 * @param {() => number} [clock] of the seconds that count
 * @returns {Promise<Record<string, readonly number[]>>}
 */
export async function interleave(contenders, { rounds, size, warmUp }, clock = wall) {
  /** @type {Record<string, number[]>} */
  const seconds = Object.fromEntries(contenders.map(({ name }) => [name, []]))
  for (let round = -warmUp; round < rounds; round += 1) {
    for (let turn = 0; turn < contenders.length; turn += 1) {
      const contender = contenders[(round + warmUp + turn) % contenders.length]
      if (contender === undefined) continue
      const count = size * (contender.times ?? 1)
      const items = await contender.prepare(count)
      const startedAt = clock()
      await contender.run(items)
      const taken = (clock() - startedAt) / count
      if (round >= 0) seconds[contender.name]?.push(taken)
    }
  }
  return seconds
}

/** @param {readonly number[]} values */
export function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? at(sorted, middle) : (at(sorted, middle - 1) + at(sorted, middle)) / 2
}

/** How much faster the second is, round by round, so that a slow moment of the machine falls out.
 * @param {readonly number[] | undefined} numerator seconds
 * @param {readonly number[] | undefined} denominator seconds */
export const ratio = (numerator = [], denominator = []) => median(numerator.map((seconds, round) => seconds / at(denominator, round)))

/** @param {readonly number[]} values
 * @param {number} fraction */
export function quantile(values, fraction) {
  const sorted = values.toSorted((a, b) => a - b)
  return at(sorted, Math.min(sorted.length - 1, Math.floor(sorted.length * fraction)))
}

/** @param {readonly number[]} values
 * @param {number} index */
const at = (values, index) => values[index] ?? Number.NaN
