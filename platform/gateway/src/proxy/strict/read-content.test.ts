import { expect, test } from 'vitest'
import { readContent, type ContentReader } from './read-content.js'
import type { Framing } from './read-head.js'

const LIMITS = { maxBodyBytes: 1_000, isForbiddenTrailer: (name: string) => name === 'dpop' }

function reader(framing: Framing): ContentReader {
  const made = readContent(framing, LIMITS)
  if ('defect' in made) throw new Error(made.defect)
  return made
}

/** Where the content ends, fed in two pieces that are cut at `cut`. */
function endOf(framing: Framing, text: string, cut: number): number | string | undefined {
  const reading = reader(framing)
  let before = 0
  for (const piece of [text.slice(0, cut), text.slice(cut)]) {
    const taken = reading.take(Buffer.from(piece, 'latin1'), 0)
    if ('defect' in taken) return `${taken.status} ${taken.defect}`
    if (taken.isComplete) return before + taken.end
    before += piece.length
  }
  return undefined
}

const CHUNKED: Readonly<Record<string, readonly [text: string, content: string | undefined]>> = {
  nothing: ['0\r\n\r\n', 'whole'],
  'two chunks': ['3\r\nabc\r\nA\r\n0123456789\r\n0\r\n\r\n', 'whole'],
  'a trailer': ['1\r\na\r\n0\r\nX: y\r\n\r\n', 'whole'],
  'leading zeros': ['0003\r\nabc\r\n00\r\n\r\n', 'whole'],
  'not all': ['3\r\nab', undefined],
  'no end': ['3\r\nabc\r\n', undefined],
  'an extension': ['3;a=b\r\nabc\r\n0\r\n\r\n', '400 chunk'],
  'a space after the size': ['3 \r\nabc\r\n0\r\n\r\n', '400 chunk'],
  'a sign': ['+3\r\nabc\r\n0\r\n\r\n', '400 chunk'],
  'a prefix': ['0x3\r\nabc\r\n0\r\n\r\n', '400 chunk'],
  'no size': ['\r\nabc\r\n0\r\n\r\n', '400 chunk'],
  'a size that ends in LF': ['3\nabc\r\n0\r\n\r\n', '400 chunk'],
  'a chunk that ends in LF': ['3\r\nabc\n0\r\n\r\n', '400 chunk'],
  'a chunk that is longer than it says': ['3\r\nabcd\r\n0\r\n\r\n', '400 chunk'],
  'a size of nine digits': ['000000003\r\nabc\r\n0\r\n\r\n', '400 chunk'],
  'more than is allowed': ['3E9\r\n', '413 size'],
  'more than is allowed, in parts': [`3E8\r\n${'x'.repeat(1_000)}\r\n1\r\n`, '413 size'],
  'a forbidden trailer': ['0\r\nDPoP: x\r\n\r\n', '400 trailer'],
  'a trailer that is no field': ['0\r\nx y\r\n\r\n', '400 trailer'],
  'a folded trailer': ['0\r\nX: y\r\n z\r\n\r\n', '400 trailer'],
  'a trailer that ends in LF': ['0\r\nX: y\n\r\n', '400 trailer'],
  'an end of LF': ['0\r\n\n', '400 trailer'],
  'too many trailers': [`0\r\n${'x: y\r\n'.repeat(33)}\r\n`, '400 trailer'],
}

for (const [title, [text, expected]] of Object.entries(CHUNKED)) {
  test(`chunks, cut anywhere: ${title}`, () => {
    const ends = new Set(Array.from({ length: text.length + 1 }, (_, cut) => endOf({ kind: 'chunked' }, text, cut)))
    expect([...ends]).toEqual([expected === 'whole' ? text.length : expected])
  })
}

test('what comes after the end is not its content', () => {
  expect(endOf({ kind: 'chunked' }, '1\r\na\r\n0\r\n\r\nGET / HTTP/1.1', 3)).toBe(11)
  expect(endOf({ kind: 'length', length: 4 }, 'abcdGET / HTTP/1.1', 3)).toBe(4)
})

test('a length beyond the limit is refused before anything comes', () => {
  expect(readContent({ kind: 'length', length: 1_001 }, LIMITS)).toEqual({ status: 413, defect: 'size' })
  expect(endOf({ kind: 'length', length: 1_000 }, 'x'.repeat(1_000), 500)).toBe(1_000)
})
