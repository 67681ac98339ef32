import { timingSafeEqual } from 'node:crypto'
import { mac } from './marker.js'

/** The field by which a prober marks the requests that a witness may report. It never changes a decision. */
export const RUN_FIELD = 'Everyhop-Run'

export type RunTag = { readonly run: string; readonly n: number }

const TAG = /^([\w-]{8,64})\.(\d{1,9})\.([\w-]{43})$/

export const writeRunTag = (key: Uint8Array, { run, n }: RunTag): string => `${run}.${n}.${tagMac(key, run, n)}`

/** Undefined for what the holder of the key did not write. */
export function readRunTag(key: Uint8Array, value: string): RunTag | undefined {
  const [, run, n, claimed] = TAG.exec(value) ?? []
  if (run === undefined || n === undefined || claimed === undefined) return undefined
  const expected = tagMac(key, run, Number(n))
  return timingSafeEqual(Buffer.from(expected), Buffer.from(claimed)) ? { run, n: Number(n) } : undefined
}

/** Stands for a value in a witness's report: comparable within one run, useless elsewhere. */
export const valueMac = (key: Uint8Array, run: string, value: string): string => mac(key, ['everyhop-value', run, value])

const tagMac = (key: Uint8Array, run: string, n: number): string => mac(key, ['everyhop-run', run, String(n)])
