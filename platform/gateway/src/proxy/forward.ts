import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { Field } from '../decider.js'
import type { NextHop } from '../next-hop.js'
import { answerPlainly, type Exchange } from './exchange.js'
import { forwardedRequestFields, forwardedResponseFields } from './forwarded-fields.js'
import type { Limits } from './limits.js'
import type { Upstreams } from './upstreams.js'

export type Forwarding = {
  readonly exchange: Exchange
  readonly upstreams: Upstreams
  readonly next: NextHop
  readonly target: string
  /** What this hop sets. */
  readonly fields: readonly Field[]
  /** A nonce for the client's next proof. */
  readonly nonce?: string
  readonly scheme: 'http' | 'https'
  readonly limits: Limits
  readonly onFailure: (why: 'unreachable' | 'timeout' | 'too-large' | 'bad-answer') => void
}

/** Sends an allowed request on, once and never again, and its answer back. The content is streamed both ways; trailers are dropped. */
export function forward(forwarding: Forwarding): void {
  const { exchange, limits, onFailure } = forwarding
  const { content, length } = exchange
  if (length !== undefined && length > limits.maxBodyBytes) return fail('too-large')
  const outgoing = send(forwarding)

  function fail(why: Parameters<Forwarding['onFailure']>[0]): void {
    onFailure(why)
    answerPlainly(exchange, why === 'too-large' ? 413 : why === 'timeout' ? 504 : 502)
  }

  let isOver = false
  outgoing.once('timeout', () => {
    if (!isOver) fail('timeout')
    outgoing.destroy()
  })
  outgoing.once('error', () => {
    if (!isOver) fail('unreachable')
    isOver = true
  })
  outgoing.once('response', (incoming) => {
    if (!relay(forwarding, incoming)) {
      isOver = true
      fail('bad-answer')
      outgoing.destroy()
    }
  })
  // An answer that nobody asked for would turn the rest of this connection into something else.
  outgoing.once('upgrade', (incoming, socket: Duplex, head: Buffer) => {
    isOver = true
    if (joinTunnel(exchange, incoming, socket, head)) return
    socket.destroy()
    fail('bad-answer')
  })
  // Who has gone away needs no answer: the next hop is told by the end of its connection.
  exchange.onClose(() => {
    isOver = true
    outgoing.destroy()
  })

  if (!content) return void outgoing.end()
  exchange.proceed()
  let size = 0
  content.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= limits.maxBodyBytes || isOver) return
    isOver = true
    content.unpipe(outgoing)
    fail('too-large')
    outgoing.destroy()
  })
  content.once('error', () => outgoing.destroy())
  content.once('end', () => {
    if (exchange.isWhole()) return void outgoing.end()
    isOver = true
    outgoing.destroy()
    exchange.abort()
  })
  content.pipe(outgoing, { end: false })
}

function send({ exchange, upstreams, next, target, fields, scheme }: Forwarding): ClientRequest {
  const { method, rawHeaders, client, content, length, tunnel } = exchange
  return upstreams.send(next, {
    method,
    path: target,
    headers: [
      'Host',
      next.authority,
      ...forwardedRequestFields(rawHeaders, fields),
      ...fields.flat(),
      'X-Forwarded-For',
      client.address ?? '',
      'X-Forwarded-Proto',
      scheme,
      ...(content && length === undefined ? ['Transfer-Encoding', 'chunked'] : []),
      ...(tunnel ? ['Connection', 'Upgrade', 'Upgrade', 'websocket'] : []),
    ],
    // A server that overlooks the content of a request takes it for the next one: then nobody else's may follow.
    isShared: !content && !tunnel,
  })
}

/** Whether the answer could be sent. */
function relay({ exchange, nonce }: Forwarding, incoming: IncomingMessage): boolean {
  const raw = forwardedResponseFields(incoming.rawHeaders)
  if (nonce !== undefined) raw.push('DPoP-Nonce', nonce, 'Cache-Control', 'no-store')
  try {
    const to = exchange.respond(incoming.statusCode ?? 502, raw, incoming.statusMessage)
    incoming.once('error', () => exchange.abort())
    incoming.pipe(to)
    return true
  } catch {
    incoming.resume()
    return false
  }
}

function joinTunnel({ tunnel }: Exchange, incoming: IncomingMessage, socket: Duplex, head: Buffer): boolean {
  const { upgrade } = incoming.headers
  if (!tunnel || incoming.statusCode !== 101 || upgrade?.toLowerCase() !== 'websocket') return false
  const client = tunnel([...forwardedResponseFields(incoming.rawHeaders), 'Connection', 'Upgrade', 'Upgrade', 'websocket'])
  if (head.length > 0) client.write(head)
  for (const [one, other] of [
    [client, socket],
    [socket, client],
  ] as const) {
    one.once('error', () => other.destroy())
    one.once('close', () => other.destroy())
    one.pipe(other)
  }
  return true
}
