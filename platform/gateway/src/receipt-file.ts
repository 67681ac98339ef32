import { createWriteStream } from 'node:fs'
import { createJsonLinesSink, type CountingSink } from '@everyhop/verifier'

/** Appends receipts to a file as lines of JSON. What cannot be written in time, or at all, is dropped and counted. */
export function receiptFile(path: string): CountingSink & { readonly close: () => Promise<void> } {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  return {
    ...createJsonLinesSink({ stream }),
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  }
}
