import { createServer, ServerResponse, type IncomingMessage, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { oneTime, type Client, type Exchange } from './exchange.js'
import type { Limits } from './limits.js'
import type { Malformed } from './strict/read-head.js'
import { StrictStream } from './strict/strict-stream.js'

export type HttpOptions = {
  readonly limits: Limits
  readonly now: () => number
  /** Whether connections stay open after the present answer. */
  readonly keepsOpen: (client: Client) => boolean
  readonly onExchange: (exchange: Exchange) => void
  readonly onMalformed: (malformed: Malformed) => void
}

export type Connection = {
  readonly isIdle: () => boolean
  readonly isOverdue: (now: number) => boolean
  /** No more requests; ends at once where none is under way. */
  readonly drain: () => void
  readonly cut: () => void
}

/** HTTP/1.1 over connections that somebody else accepted: Node's parser, behind a stricter one that reads the same bytes before it. */
export function createHttp1(options: HttpOptions): { readonly accept: (socket: Socket, client: Client) => Connection } {
  const { limits, now, keepsOpen, onExchange, onMalformed } = options
  const clients = new WeakMap<object, Client>()
  const counts = new WeakMap<object, number>()
  const server = createServer({ maxHeaderSize: 2 * limits.maxHeadBytes, insecureHTTPParser: false, keepAliveTimeout: 0, requireHostHeader: true })
  server.timeout = 0
  // Node hides fields beyond a thousand from what it shows, not from what it obeys. They were counted before.
  server.maxHeadersCount = 0
  // Both parsers refused it, or only this one: then it is a difference between the two, and the connection is no good either way.
  server.on('clientError', (_, stream) => stream.destroy())
  wire(server, (request, response) => {
    const stream = request.socket as unknown as StrictStream
    const client = clients.get(stream)
    if (!client || !stream.head) return stream.destroy()
    const count = (counts.get(stream) ?? 0) + 1
    counts.set(stream, count)
    if (count >= limits.maxRequestsPerConnection) response.shouldKeepAlive = false
    response.once('finish', () => (stream.isComplete && response.shouldKeepAlive ? stream.next() : stream.end()))
    onExchange(exchangeOf(request, response, stream, { client, keepsOpen }))
  })

  return {
    accept(socket, client) {
      const stream = new StrictStream(socket, limits, now, onMalformed)
      clients.set(stream, client)
      server.emit('connection', stream)
      return {
        isIdle: () => stream.isIdle,
        isOverdue: (time) => stream.isOverdue(time),
        drain: () => void (stream.isIdle && stream.end()),
        cut: () => stream.cut(),
      }
    },
  }
}

function wire(server: Server, handle: (request: IncomingMessage, response: ServerResponse) => void): void {
  server.on('request', handle)
  server.on('checkContinue', handle)
  server.on('upgrade', (request: IncomingMessage) => {
    // Node leaves the answer to us: it is written as any other until the next hop changes the protocol.
    const response = new ServerResponse(request)
    response.assignSocket(request.socket)
    response.shouldKeepAlive = false
    response.once('finish', () => request.socket.end())
    handle(request, response)
  })
}

type Whose = { readonly client: Client } & Pick<HttpOptions, 'keepsOpen'>

function exchangeOf(request: IncomingMessage, response: ServerResponse, stream: StrictStream, { client, keepsOpen }: Whose): Exchange {
  const head = stream.head!
  const { method, target, authority, content } = head
  stream.abandon = () => void request.destroy()
  const waits = oneTime(head.expectsContinue)
  return {
    method,
    target,
    authority,
    rawHeaders: request.rawHeaders,
    client,
    ...(content.kind === 'none' || (content.kind === 'length' && content.length === 0) ? {} : { content: request }),
    ...(content.kind === 'length' ? { length: content.length } : {}),
    isWhole: () => request.complete,
    proceed: () => void (waits() && !response.headersSent && response.writeContinue()),
    respond(status, rawHeaders, text) {
      // Content that is still on its way would be read as the next request.
      if (!stream.isComplete || !keepsOpen(client)) response.shouldKeepAlive = false
      response.writeHead(status, text, rawHeaders as string[])
      return response
    },
    hasResponded: () => response.headersSent,
    abort: () => void (head.asksForWebSocket ? stream.cut() : response.destroy()),
    // A tunnel outlives the answer that began it.
    onClose: (listener) => void (head.asksForWebSocket ? stream : response).once('close', listener),
    ...(head.asksForWebSocket ? { tunnel: (rawHeaders) => tunnel(response, stream, rawHeaders) } : {}),
  }
}

function tunnel(response: ServerResponse, stream: StrictStream, rawHeaders: readonly string[]): StrictStream {
  response.detachSocket(stream as unknown as Socket)
  stream.write(`HTTP/1.1 101 Switching Protocols\r\n${linesOf(rawHeaders)}\r\n`, 'latin1')
  stream.tunnel()
  return stream
}

function linesOf(rawHeaders: readonly string[]): string {
  let lines = ''
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) lines += `${rawHeaders[index]}: ${rawHeaders[index + 1]}\r\n`
  return lines
}
