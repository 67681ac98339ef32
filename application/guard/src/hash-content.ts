import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import { namesSecurityField, type HashedContent } from '@everyhop/verifier'

export type NodeRequest = IncomingMessage | Http2ServerRequest

/**
 * Reads the content of a request, and puts it back for whoever parses it: the stream is as it was, with all of it buffered.
 *
 * It reads exactly what is buffered, never more: a stream that is asked for more at its end emits `end`, and nobody would be
 * there to hear it. Until then `unshift` works.
 */
export async function hashContent(request: NodeRequest, maxBytes: number): Promise<HashedContent> {
  // Out of the parser that is handing over the request: what came in one piece with its head is then there.
  await Promise.resolve()
  // What somebody took before could not be hashed, and the rest would stand for all.
  if (request.readableDidRead) return 'request.content-digest'
  if (!(Number(request.headers['content-length'] ?? 0) <= maxBytes)) return 'request.content-too-large'
  const chunks: Buffer[] = []
  const end = await readAll(request, chunks, maxBytes)
  // Where the refusal is only recorded, the application still gets all of it.
  if (chunks.length > 0 && !request.destroyed) request.unshift(Buffer.concat(chunks))
  if (end === 'too-large') return 'request.content-too-large'
  if (end === 'gone') return 'request.content-digest'
  if (namesSecurityField(request.rawTrailers)) return 'request.trailer'
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return { sha256: hash.digest('base64') }
}

type End = 'complete' | 'too-large' | 'gone'

function readAll(request: NodeRequest, chunks: Buffer[], maxBytes: number): Promise<End> {
  let size = 0
  const readBuffered = (): End | undefined => {
    while (request.readableLength > 0) {
      const chunk = request.read(request.readableLength) as Buffer
      chunks.push(chunk)
      size += chunk.length
      if (size > maxBytes) return 'too-large'
    }
    return isComplete(request) ? 'complete' : request.destroyed ? 'gone' : undefined
  }
  const end = readBuffered()
  if (end !== undefined) return Promise.resolve(end)

  return new Promise((resolve) => {
    const settle = (reached: End): void => {
      request.off('readable', onReadable)
      for (const event of GONE) request.off(event, onGone)
      resolve(reached)
    }
    const onReadable = (): void => {
      const reached = readBuffered()
      if (reached !== undefined) settle(reached)
    }
    const onGone = (): void => settle('gone')
    for (const event of GONE) request.on(event, onGone)
    request.on('readable', onReadable)
  })
}

const GONE = ['aborted', 'close', 'error'] as const

/** Whether the last byte is here; the stream itself knows of its end only when somebody asks for more. */
function isComplete(request: NodeRequest): boolean {
  return 'stream' in request ? request.stream.readableEnded : request.complete
}
