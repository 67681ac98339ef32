import type { Writable } from 'node:stream'
import type { CountingSink } from './to-sinks.js'

export type JsonLinesOptions = {
  /** A file, a pipe, `process.stdout`. Its errors are counted; closing it is the business of who opened it. */
  readonly stream: Writable
  /** Bytes that may wait in the stream for a slow reader; what comes beyond is dropped. Default 8 MiB. */
  readonly maxWaitingBytes?: number
}

/** Writes each receipt as a line of JSON. Never waits: what the stream cannot take is dropped and counted. */
export function createJsonLinesSink({ stream, maxWaitingBytes = 8_388_608 }: JsonLinesOptions): CountingSink {
  let dropped = 0
  let waiting = 0
  const settled = (error: Error | null | undefined): void => {
    waiting -= 1
    if (error) dropped += 1
  }
  // Without a listener the first error of the stream would end the process.
  stream.on('error', () => undefined)
  return {
    append(receipt) {
      if (!stream.writable || stream.writableLength > maxWaitingBytes) {
        dropped += 1
        return
      }
      waiting += 1
      stream.write(`${JSON.stringify(receipt)}\n`, settled)
    },
    // A stream that is gone need not say of each write that it will never be done.
    dropped: () => dropped + (stream.destroyed ? waiting : 0),
  }
}
