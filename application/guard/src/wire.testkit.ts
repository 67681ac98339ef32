import { connect as connectHttp2, type IncomingHttpHeaders, type OutgoingHttpHeaders } from 'node:http2'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { identity, type Pair } from './guard.testkit.js'

/** Requests as no client library would send them. */

type Listening = { readonly listen: (port: number, host: string, done: () => void) => unknown; readonly address: () => AddressInfo | string | null }

export type Answer = { readonly status: number; readonly head: string; readonly body: string }

export type Line = {
  readonly method?: string
  readonly target?: string
  /** Field lines. */
  readonly fields: readonly string[]
  /** What follows the head, as it is. */
  readonly content?: string | Buffer
}

export const listen = async (server: Listening): Promise<void> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
}
export const portOf = (server: Listening): number => (server.address() as AddressInfo).port

/** One request on a connection of its own. */
export const send = (server: Listening, line: Line): Promise<Answer> => exchange(connect(portOf(server), '127.0.0.1'), line)

/** The same over TLS, with a client certificate or none. */
export const sendOverTls = (server: Listening, line: Line, client?: Pair): Promise<Answer> =>
  exchange(connectTls({ port: portOf(server), host: '127.0.0.1', rejectUnauthorized: false, ...(client && identity(client)) }), line)

export const headOf = ({ method = 'GET', target = '/orders/1', fields }: Line, connection = 'close'): string =>
  [`${method} ${target} HTTP/1.1`, 'Host: evil.test', `Connection: ${connection}`, ...fields, '', ''].join('\r\n')

function exchange(socket: Socket, line: Line): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let text = ''
    socket.on('data', (chunk) => (text += chunk.toString('latin1')))
    socket.on('error', reject)
    socket.on('close', () => resolve(answerIn(text)))
    socket.write(headOf(line))
    if (line.content !== undefined) socket.write(line.content)
  })
}

function answerIn(text: string): Answer {
  const [head = '', ...rest] = text.split('\r\n\r\n')
  const body = rest.join('\r\n\r\n')
  const isChunked = /^transfer-encoding: chunked\r?$/im.test(head)
  return { status: Number(head.split(' ')[1]), head, body: isChunked ? body.replace(/(?:^|\r\n)[\da-f]+\r\n(?:\r\n)?/gi, '') : body }
}

/** Content in chunks of this many bytes, with trailers behind it. */
export function chunked(content: Buffer, size: number, trailers: readonly string[] = []): Buffer {
  const parts: Buffer[] = []
  for (let start = 0; start < content.length; start += size) {
    const part = content.subarray(start, start + size)
    parts.push(Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n'))
  }
  return Buffer.concat([...parts, Buffer.from(['0', ...trailers, '', ''].join('\r\n'))])
}

export type Http2Answer = { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: string }

/** One request over HTTP/2, in cleartext unless `tls` is given: with a client certificate or none. An array is one field for each of its values. */
export function sendOverHttp2(
  server: Listening,
  headers: OutgoingHttpHeaders,
  content?: Buffer,
  tls?: { readonly client: Pair | undefined },
): Promise<Http2Answer> {
  const origin = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${portOf(server)}`
  const session = connectHttp2(origin, { rejectUnauthorized: false, ...(tls?.client && identity(tls.client)) })
  return new Promise<Http2Answer>((resolve, reject) => {
    session.on('error', reject)
    const stream = session.request({ ':method': 'GET', ':path': '/orders/1', ...headers }, { endStream: content === undefined })
    let body = ''
    let answered: IncomingHttpHeaders = {}
    stream.on('response', (fields) => (answered = fields))
    stream.on('data', (chunk: Buffer) => (body += chunk.toString()))
    stream.on('error', reject)
    stream.on('end', () => resolve({ status: Number(answered[':status']), headers: answered, body }))
    if (content !== undefined) stream.end(content)
  }).finally(() => session.close())
}
