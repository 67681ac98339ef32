import { constants, performServerHandshake, type IncomingHttpHeaders, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import type { Socket } from 'node:net'
import { namesSecurityField } from '@everyhop/verifier'
import { oneTime, type Client, type Exchange } from './exchange.js'
import type { Connection, HttpOptions } from './http1.js'
import { readStreamHead, type StreamHead } from './strict/read-stream-head.js'

/** HTTP/2 over connections that somebody else accepted. nghttp2 has checked framing, pseudo-fields and lengths; what it lets through is checked again. */
export function createHttp2(options: HttpOptions): { readonly accept: (socket: Socket, client: Client) => Connection } {
  const { limits, now, keepsOpen, onExchange, onMalformed } = options

  function accept(socket: Socket, client: Client): Connection {
    const session = performServerHandshake(socket, {
      maxHeaderListPairs: limits.maxFields + PSEUDO_FIELDS,
      settings: { enablePush: false, enableConnectProtocol: false, maxConcurrentStreams: limits.maxStreams, maxHeaderListSize: limits.maxHeadBytes },
    })
    /** Streams whose request has not come whole, and since when. */
    const coming = new Map<ServerHttp2Stream, number>()
    let open = 0
    let count = 0
    let idleSince = now()

    session.on('error', () => session.destroy())
    session.on('stream', (stream: ServerHttp2Stream, _: IncomingHttpHeaders, __: number, raw: readonly string[]) => {
      open += 1
      count += 1
      stream.on('error', () => undefined)
      stream.once('close', () => {
        open -= 1
        coming.delete(stream)
        idleSince = now()
      })
      stream.setTimeout(limits.idleTimeoutMs, () => stream.close(constants.NGHTTP2_CANCEL))
      if (count >= limits.maxRequestsPerConnection || !keepsOpen(client)) session.close()
      const head = readStreamHead(raw, limits)
      if ('defect' in head) {
        onMalformed(head)
        return stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      }
      if (!stream.endAfterHeaders) coming.set(stream, now())
      stream.once('end', () => coming.delete(stream))
      stream.once('trailers', (__: IncomingHttpHeaders, ___: number, trailers: readonly string[]) => {
        if (namesSecurityField(trailers)) stream.close(constants.NGHTTP2_PROTOCOL_ERROR)
      })
      onExchange(exchangeOf(stream, head, client))
    })

    return {
      isIdle: () => open === 0,
      isOverdue(time) {
        if (open === 0) return time - idleSince > limits.idleTimeoutMs
        for (const [stream, since] of coming) if (time - since > limits.requestTimeoutMs) stream.close(constants.NGHTTP2_CANCEL)
        return false
      },
      drain: () => end(session),
      cut: () => session.destroy(),
    }
  }

  return { accept }
}

const PSEUDO_FIELDS = 4

function end(session: ServerHttp2Session): void {
  if (!session.closed) session.close()
}

function exchangeOf(stream: ServerHttp2Stream, head: StreamHead, client: Client): Exchange {
  const { method, target, authority, rawHeaders, length, expectsContinue } = head
  const waits = oneTime(expectsContinue)
  return {
    method,
    target,
    authority,
    rawHeaders,
    client,
    ...(stream.endAfterHeaders ? {} : { content: stream, ...(length === undefined ? {} : { length }) }),
    // A stream that was reset ends as well: then it is closed, before it was answered.
    isWhole: () => !stream.closed && !stream.destroyed,
    proceed: () => void (waits() && !stream.headersSent && stream.additionalHeaders({ ':status': 100 })),
    respond(status, raw) {
      stream.respond({ ...byName(raw), ':status': status })
      // Content that nobody reads any more need not come.
      stream.once('finish', () => void (!stream.readableEnded && stream.close(constants.NGHTTP2_NO_ERROR)))
      return stream
    },
    hasResponded: () => stream.headersSent,
    abort: () => stream.close(constants.NGHTTP2_INTERNAL_ERROR),
    onClose: (listener) => void stream.once('close', listener),
  }
}

function byName(raw: readonly string[]): Record<string, string | string[]> {
  const fields: Record<string, string | string[]> = {}
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    const value = raw[index + 1]!
    const before = fields[name]
    fields[name] = before === undefined ? value : [...(typeof before === 'string' ? [before] : before), value]
  }
  return fields
}
