import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Receipt } from '@everyhop/proof'
import { createJsonLinesSink } from './json-lines.js'
import { toSinks } from './to-sinks.js'

const RECEIPT: Receipt = {
  schema: 'everyhop.receipt/1',
  time: 1_790_000_000,
  chain: 'orders\n',
  environment: 'default',
  hop: 'orders',
  slice: 'digest',
  decision: 'allow',
}
const LINE = `${JSON.stringify(RECEIPT)}\n`

/** A stream that takes what `mayTake` lets it, one write at a time. */
function stream() {
  const taken: string[] = []
  const waiting: (() => void)[] = []
  const writable = new Writable({
    write(chunk, _encoding, done) {
      waiting.push(() => {
        taken.push(String(chunk))
        done()
      })
    },
  })
  return { writable, taken, takeOne: () => waiting.shift()?.() }
}

test('a receipt is one line, whatever is in it', () => {
  const { writable, taken, takeOne } = stream()
  const sink = createJsonLinesSink({ stream: writable })
  sink.append(RECEIPT)
  takeOne()
  expect(taken).toEqual([LINE])
  expect(JSON.parse(taken[0]!)).toEqual(RECEIPT)
  expect(taken[0]!.trimEnd()).not.toContain('\n')
})

test('a slow reader costs receipts, counted, and neither time nor more memory', () => {
  const { writable, takeOne } = stream()
  const sink = createJsonLinesSink({ stream: writable, maxWaitingBytes: 3 * LINE.length })
  for (let n = 0; n < 10; n += 1) sink.append(RECEIPT)
  expect([sink.dropped(), writable.writableLength]).toEqual([6, 4 * LINE.length])
  takeOne()
  sink.append(RECEIPT)
  expect(sink.dropped()).toBe(6)
})

test('a stream that failed ends no process and counts what was waiting and what comes', async () => {
  const { writable } = stream()
  const sink = createJsonLinesSink({ stream: writable })
  for (let n = 0; n < 3; n += 1) sink.append(RECEIPT)
  writable.destroy(new Error('disk full'))
  expect(sink.dropped()).toBe(3)
  await new Promise((resolve) => writable.once('close', resolve))
  await new Promise(setImmediate)
  sink.append(RECEIPT)
  expect(sink.dropped()).toBe(4)
})

test('a stream that was ended takes no more', () => {
  const { writable } = stream()
  const sink = createJsonLinesSink({ stream: writable })
  writable.end()
  sink.append(RECEIPT)
  expect(sink.dropped()).toBe(1)
})

test('several sinks: one that throws keeps nothing from the others', () => {
  const kept: Receipt[] = []
  const throwing = {
    append() {
      throw new Error('down')
    },
  }
  const counting = { append: () => undefined, dropped: () => 2 }
  const sink = toSinks(throwing, { append: (receipt) => void kept.push(receipt) }, counting)
  sink.append(RECEIPT)
  expect([kept, sink.dropped()]).toEqual([[RECEIPT], 3])
})
