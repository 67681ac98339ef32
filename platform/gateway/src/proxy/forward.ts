import { request as send, type Agent, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Field } from '../decider.js'
import { forwardedRequestFields, forwardedResponseFields } from './forwarded-fields.js'

export type Upstream = { readonly host: string; readonly port: number }

export type Forwarding = {
  readonly request: IncomingMessage
  readonly response: ServerResponse
  readonly agent: Agent
  readonly upstream: Upstream
  /** Sent as `Host`: the authority that the link signature names. */
  readonly authority: string
  readonly target: string
  /** What this hop sets. */
  readonly fields: readonly Field[]
  /** A nonce for the client's next proof. */
  readonly nonce?: string
  readonly maxBodyBytes: number
  readonly timeoutMs: number
}

/** Sends an allowed request on, once and never again, and its answer back. The content is streamed both ways; trailers are dropped. */
export function forward(forwarding: Forwarding): void {
  const { request, response, agent, upstream, authority, target, fields, nonce, maxBodyBytes, timeoutMs } = forwarding
  if (Number(request.headers['content-length'] ?? 0) > maxBodyBytes) return fail(response, 413, 'Content Too Large')

  const isChunked = request.headers['transfer-encoding'] !== undefined
  const hasContent = isChunked || request.headers['content-length'] !== undefined
  const outgoing = send({
    agent,
    ...upstream,
    method: request.method,
    path: target,
    headers: [
      'Host',
      authority,
      ...forwardedRequestFields(request.rawHeaders),
      ...fields.flat(),
      ...own(request),
      ...(isChunked ? ['Transfer-Encoding', 'chunked'] : []),
    ],
    timeout: timeoutMs,
  })
  outgoing.once('timeout', () => {
    fail(response, 504, 'Gateway Timeout')
    outgoing.destroy()
  })
  outgoing.once('error', () => fail(response, 502, 'Bad Gateway'))
  outgoing.once('response', (incoming) => {
    const raw = forwardedResponseFields(incoming.rawHeaders)
    if (nonce !== undefined) raw.push('DPoP-Nonce', nonce, 'Cache-Control', 'no-store')
    response.writeHead(incoming.statusCode ?? 502, incoming.statusMessage, raw)
    incoming.once('error', () => response.destroy())
    incoming.pipe(response)
  })
  // Who has gone away needs no answer: the next hop is told by the end of its connection.
  response.once('close', () => outgoing.destroy())

  // Content that no field announces would be read as a request of its own by the next hop.
  if (!hasContent) return void outgoing.end()
  if (request.headers['expect'] !== undefined) response.writeContinue()
  let size = 0
  request.on('data', (chunk: Buffer) => {
    size += chunk.length
    if (size <= maxBodyBytes) return
    request.unpipe(outgoing)
    fail(response, 413, 'Content Too Large')
    outgoing.destroy()
  })
  request.once('error', () => outgoing.destroy())
  request.pipe(outgoing)
}

const own = (request: IncomingMessage): readonly string[] => ['X-Forwarded-For', request.socket.remoteAddress ?? '', 'X-Forwarded-Proto', 'https']

function fail(response: ServerResponse, status: number, title: string): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  response.writeHead(status, { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store', Connection: 'close' })
  response.end(JSON.stringify({ type: 'about:blank', title, status }))
}
