/**
 * One figure. `against` says what it is compared with or measured under; `samples` how many measurements it is the median of.
 * @typedef {{ name: string, value: number, unit: string, against: string, samples: number }} Result
 * @typedef {{ machine: Machine, results: readonly Result[] }} Report
 * `others`: processors that others used just before anything was measured; absent where that was not looked at.
 * @typedef {{ cpu: string, cores: number, memory: string, system: string, others?: number, node: string, date: string, peers: Readonly<Record<string, string>> }} Machine
 */

/** Lines for a person, numbers under each other.
 * @param {Report} report */
export function table({ machine, results }) {
  const cells = results.map(({ name, value, unit, against, samples }) => [name, shown(value, unit), unit, String(samples), against])
  const rows = [['what', 'value', 'unit', 'samples', 'against'], ...cells]
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)))
  const lines = rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] ?? 0, column === 1 || column === 3))
      .join('  ')
      .trimEnd(),
  )
  return [`${machine.cpu}, ${machine.cores} cores, ${machine.system}, Node ${machine.node}`, '', ...lines].join('\n')
}

/**
 * In what two machines differ, so that figures of both could not stand in one table; undefined where they do not.
 * @param {Machine} one
 * @param {Machine} other
 * @returns {string | undefined}
 */
export const differs = (one, other) => /** @type {const} */ (['cpu', 'cores', 'node']).find((of) => one[of] !== other[of])

/**
 * Figures measured again, in the place of those that are kept: all of a machine that was as busy as it ever was.
 * @param {Report} kept
 * @param {Report} again
 * @returns {Report}
 */
export function beside(kept, again) {
  const fresh = new Map(again.results.map((result) => [result.name, result]))
  const replaced = kept.results.map((result) => fresh.get(result.name) ?? result)
  const names = new Set(kept.results.map(({ name }) => name))
  const others = Math.max(kept.machine.others ?? 0, again.machine.others ?? 0)
  return { machine: { ...kept.machine, others }, results: [...replaced, ...again.results.filter(({ name }) => !names.has(name))] }
}

/** @param {string} cell
 * @param {number} width
 * @param {boolean} toTheRight */
const pad = (cell, width, toTheRight) => (toTheRight ? cell.padStart(width) : cell.padEnd(width))

/** Three figures that count.
 * @param {number} value
 * @param {string} unit */
export function shown(value, unit) {
  if (!Number.isFinite(value)) return '-'
  if (unit === 'ratio') return value.toFixed(2)
  if (Math.abs(value) >= 1_000) return Math.round(value).toLocaleString('en')
  return Math.abs(value) >= 100 ? value.toFixed(0) : value.toPrecision(3)
}
