import type { LoadResult } from './run-load.js'

/** The result as a table for people. */
export function printLoad({ tally, ranFor, disturbances, letIn, replaysAccepted, holds }: LoadResult): string {
  const number = (value: number) => value.toLocaleString('en-US')
  const sum = (counts: Readonly<Record<string, number>>) => Object.values(counts).reduce((a, b) => a + b, 0)
  const parts = (counts: Readonly<Record<string, number>>) =>
    Object.entries(counts)
      .map(([name, count]) => `${name} ${number(count)}`)
      .join(', ')
  const rows: readonly (readonly [string, string, string])[] = [
    ['proofs sent once by their client', number(tally.sent), `${number(Math.round(tally.sent / ranFor))} a second`],
    ['  accepted', number(tally.accepted), `p50 ${tally.latency.p50} ms, p99 ${tally.latency.p99} ms`],
    ["  refused while the store's memory was in doubt", number(sum(tally.inDoubt)), parts(tally.inDoubt)],
    ['  in flight at the kill of a guard', number(tally.inFlightAtKill), ''],
    ['  lost otherwise', number(sum(tally.lost)), parts(tally.lost)],
    ['copies sent', number(tally.copies), ''],
    ['  refused', number(sum(tally.copiesRefused)), parts(tally.copiesRefused)],
    ['  accepted in place of the first', number(tally.copiesAccepted), 'the first came later, was refused, or lost its answer'],
    ['let in, as the instances wrote down', number(letIn), ''],
    ['replays accepted', number(replaysAccepted), ''],
    ['disturbances', number(disturbances.length), disturbances.map(({ at, what }) => `${at} s ${what}`).join(', ')],
  ]
  const widths = [0, 1].map((column) => Math.max(...rows.map((row) => row[column]!.length)))
  const lines = rows.map(([name, value, note]) => `${name.padEnd(widths[0]!)}  ${value.padStart(widths[1]!)}  ${note}`.trimEnd())
  return [...lines, '', holds ? 'holds: no replay accepted, no honest request lost otherwise' : 'BROKEN'].join('\n')
}
