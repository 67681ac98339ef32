import { createWriteStream } from 'node:fs'
import type { Receipt, Sink } from '@everyhop/proof'

const MAX_BUFFERED_BYTES = 8_388_608

/** Appends receipts to a file as lines of JSON. What cannot be written in time, or at all, is dropped and counted. */
export function receiptFile(path: string): Sink & { readonly dropped: () => number; readonly close: () => Promise<void> } {
  const stream = createWriteStream(path, { flags: 'a', mode: 0o600 })
  let dropped = 0
  stream.on('error', () => dropped++)
  return {
    append(receipt: Receipt) {
      if (stream.destroyed || stream.writableLength > MAX_BUFFERED_BYTES) dropped++
      else stream.write(`${JSON.stringify(receipt)}\n`)
    },
    dropped: () => dropped,
    close: () => new Promise((resolve) => (stream.destroyed ? resolve() : stream.end(() => resolve()))),
  }
}
