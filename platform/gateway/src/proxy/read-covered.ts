import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
import type { HashedContent } from '@everyhop/verifier'
import type { Exchange } from './exchange.js'

export type Covered = {
  /** Reads all of the content, once all else of the request holds. */
  readonly hash: () => Promise<HashedContent>
  /** The request as it goes on: with what was read, where that was done. */
  readonly exchange: () => Exchange
}

/** Content that a route covers goes on only after it was compared with what the client says of it, so it is held whole. RFC 9530 §2. */
export function readCovered(exchange: Exchange, maxBytes: number): Covered {
  let held: Buffer | undefined

  async function hash(): Promise<HashedContent> {
    const read = exchange.content ? await readAll(exchange, exchange.content, maxBytes) : Buffer.alloc(0)
    if (typeof read === 'string') return read
    held = read
    return { sha256: createHash('sha256').update(read).digest('base64') }
  }

  return {
    hash,
    exchange: () =>
      held === undefined || !exchange.content
        ? exchange
        : { ...exchange, content: Readable.from([held], { objectMode: false }), length: held.length, isWhole: () => true },
  }
}

type Cut = 'request.content-too-large' | 'request.content-digest'

function readAll({ length = 0, proceed, isWhole }: Exchange, content: Readable, maxBytes: number): Promise<Buffer | Cut> {
  if (length > maxBytes) return Promise.resolve('request.content-too-large')
  const chunks: Buffer[] = []
  let size = 0
  return new Promise((resolve) => {
    const settle = (read: Buffer | Cut): void => {
      content.off('data', onData).off('end', onEnd).off('error', onGone).off('close', onGone)
      content.pause()
      resolve(read)
    }
    const onData = (chunk: Buffer): void => {
      size += chunk.length
      if (size > maxBytes) return settle('request.content-too-large')
      chunks.push(chunk)
    }
    const onEnd = (): void => settle(isWhole() ? Buffer.concat(chunks) : 'request.content-digest')
    const onGone = (): void => settle('request.content-digest')
    content.on('data', onData).on('end', onEnd).on('error', onGone).on('close', onGone)
    proceed()
  })
}
