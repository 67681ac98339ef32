import type { Duplex, Readable, Writable } from 'node:stream'

/** One request and the way to answer it, whatever version of HTTP it came in. */
export type Exchange = {
  readonly method: string
  /** Origin form. */
  readonly target: string
  readonly authority: string
  /** Without pseudo-fields. */
  readonly rawHeaders: readonly string[]
  readonly client: Client
  /** Undefined where the request has none. */
  readonly content?: Readable
  /** What is known of its length. */
  readonly length?: number
  /** Whether the content, when it has ended, is all that the client had to say; else it was cut off, and must not be passed on as if it were whole. */
  readonly isWhole: () => boolean
  /** Tells a client that waits for it to send its content. */
  readonly proceed: () => void
  /** Sends the head of the answer; the content is written to what it returns. Throws where a field cannot be sent. */
  readonly respond: (status: number, rawHeaders: readonly string[], text?: string) => Writable
  readonly hasResponded: () => boolean
  /** Ends it without a (whole) answer, so that nobody takes what was sent for one. */
  readonly abort: () => void
  /** Calls once it is over, answered or not. */
  readonly onClose: (listener: () => void) => void
  /** Turns the connection into a tunnel; only where the client asked for a WebSocket. */
  readonly tunnel?: (rawHeaders: readonly string[]) => Duplex
}

/** The other end of a connection. */
export type Client = {
  readonly address: string | undefined
  /** The name that TLS was asked for. */
  readonly serverName: string | undefined
  /** DER, where TLS verified it against the client CA. */
  readonly certificate: Uint8Array | undefined
}

/** Whether this is so, when asked for the first time. */
export function oneTime(isSo: boolean): () => boolean {
  let left = isSo
  return () => {
    const answered = left
    left = false
    return answered
  }
}

const TITLES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  413: 'Content Too Large',
  421: 'Misdirected Request',
  502: 'Bad Gateway',
  504: 'Gateway Timeout',
}

/** An answer of the proxy's own: it says nothing of the request. */
export function answerPlainly(exchange: Exchange, status: number): void {
  if (exchange.hasResponded()) return exchange.abort()
  const body = JSON.stringify({ type: 'about:blank', title: TITLES[status], status })
  const fields = [
    ['Content-Type', 'application/problem+json'],
    ['Cache-Control', 'no-store'],
  ] as const
  try {
    answer(exchange, status, fields, body)
  } catch {
    // Who has gone in between needs no answer.
    exchange.abort()
  }
}

export function answer(exchange: Exchange, status: number, fields: readonly (readonly [string, string])[], body: string): void {
  const to = exchange.respond(status, [...fields.flat(), 'Content-Length', String(Buffer.byteLength(body))])
  to.end(exchange.method === 'HEAD' ? undefined : body)
}
