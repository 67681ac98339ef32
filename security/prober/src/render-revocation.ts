import type { Report } from '@everyhop/chain'
import { sayHop } from './render-place.js'

export type RevocationRow = {
  readonly by: string
  readonly at: string
  /** How many, and the figures of them; empty where nothing was measured. */
  readonly figures: readonly string[]
  /** A bar for each tenth of the time to the longest. */
  readonly bars: string
  /** Why there are none, or how many were let in to the end. */
  readonly note: string
}

export const REVOCATION_HEAD = ['by', 'at', 'samples', 'least', 'half', '9 of 10', 'most', 'spread'] as const

/** Each measurement as a row of a table. */
export const revocationRows = ({ revocation = [] }: Report): readonly RevocationRow[] =>
  revocation.map(({ by, entered, at, samples, reason }) => {
    const times = samples.filter((one): one is number => one !== null).toSorted((left, right) => left - right)
    const open = samples.length - times.length
    return {
      by,
      at: `${sayHop({ hop: at })}${entered === 'direct' ? ', directly' : ''}`,
      figures: samples.length === 0 ? [] : [String(samples.length), ...[0, 0.5, 0.9, 1].map((share) => sayTime(times, share))],
      bars: histogram(times),
      note: reason ?? (open > 0 ? `${open} still let in at the end` : ''),
    }
  })

function sayTime(times: readonly number[], share: number): string {
  const time = times[Math.min(times.length - 1, Math.max(0, Math.ceil(times.length * share) - 1))]
  return time === undefined ? 'never' : `${time} ms`
}

const BARS = ' ▁▂▃▄▅▆▇█'
const BINS = 10

function histogram(times: readonly number[]): string {
  const most = times.at(-1) ?? 0
  if (times.length < 2 || most === 0) return ''
  const counts = Array.from({ length: BINS }, (_, bin) => times.filter((time) => Math.min(BINS - 1, Math.floor((time / most) * BINS)) === bin).length)
  const highest = Math.max(...counts)
  return counts.map((count) => BARS[Math.ceil((count / highest) * (BARS.length - 1))]).join('')
}
