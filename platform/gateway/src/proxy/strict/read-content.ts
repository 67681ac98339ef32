import type { Framing, Malformed } from './read-head.js'
import { readTrailer } from './read-head.js'

/** Where in its content a message is. Follows the bytes; copies none. */
export type ContentReader = {
  /** How many of the bytes from `start` belong to this content, and whether it ends with them; or what is wrong with them. */
  readonly take: (bytes: Buffer, start: number) => Taken | Malformed
}

export type Taken = { readonly end: number; readonly isComplete: boolean }

export type ContentLimits = { readonly maxBodyBytes: number; readonly isForbiddenTrailer: (name: string) => boolean }

const TOO_LARGE: Malformed = { status: 413, defect: 'size' }
const BAD_CHUNK: Malformed = { status: 400, defect: 'chunk' }
const BAD_TRAILER: Malformed = { status: 400, defect: 'trailer' }

/** Longest line of chunked framing: a size in hexadecimal. Extensions are refused: no two parsers agree about them. */
const CHUNK_LINE = /^[\da-fA-F]{1,8}$/
const MAX_CHUNK_LINE = 8
const MAX_TRAILER_LINE = 4_096
const MAX_TRAILERS = 32

export function readContent(framing: Framing, limits: ContentLimits): ContentReader | Malformed {
  if (framing.kind !== 'length') return chunkedReader(limits)
  if (framing.length > limits.maxBodyBytes) return TOO_LARGE
  let left = framing.length
  return {
    take(bytes, start) {
      const taken = Math.min(left, bytes.length - start)
      left -= taken
      return { end: start + taken, isComplete: left === 0 }
    },
  }
}

type State = 'size' | 'data' | 'data-end' | 'trailer'

/** RFC 9112 §7.1. Each line is kept until its end has come, since it may be split anywhere. */
function chunkedReader({ maxBodyBytes, isForbiddenTrailer }: ContentLimits): ContentReader {
  let state: State = 'size'
  let line = ''
  let left = 0
  let total = 0
  let trailers = 0

  /** Judges one whole line; answers what is wrong, or whether the message ends with it. */
  function ended(): boolean | Malformed {
    if (state === 'size') {
      if (!CHUNK_LINE.test(line)) return BAD_CHUNK
      left = Number.parseInt(line, 16)
      total += left
      if (total > maxBodyBytes) return TOO_LARGE
      state = left === 0 ? 'trailer' : 'data'
    } else if (state === 'data-end') {
      if (line !== '') return BAD_CHUNK
      state = 'size'
    } else {
      if (line === '') return true
      trailers += 1
      if (trailers > MAX_TRAILERS || !readTrailer(line, isForbiddenTrailer)) return BAD_TRAILER
    }
    line = ''
    return false
  }

  const longest = (): number => (state === 'trailer' ? MAX_TRAILER_LINE : state === 'size' ? MAX_CHUNK_LINE : 0)

  return {
    take(bytes, start) {
      let at = start
      while (at < bytes.length) {
        if (state === 'data') {
          const taken = Math.min(left, bytes.length - at)
          left -= taken
          at += taken
          if (left === 0) state = 'data-end'
          continue
        }
        const newline = bytes.indexOf(LF, at)
        const end = newline === -1 ? bytes.length : newline
        line += bytes.toString('latin1', at, end)
        // The CR of a line counts until its LF has come.
        if (line.length > longest() + 1) return state === 'trailer' ? BAD_TRAILER : BAD_CHUNK
        if (newline === -1) return { end, isComplete: false }
        if (!line.endsWith('\r')) return state === 'trailer' ? BAD_TRAILER : BAD_CHUNK
        line = line.slice(0, -1)
        at = newline + 1
        const verdict = ended()
        if (typeof verdict !== 'boolean') return verdict
        if (verdict) return { end: at, isComplete: true }
      }
      return { end: at, isComplete: false }
    },
  }
}

const LF = 0x0a
