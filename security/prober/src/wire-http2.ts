import { connect as connectHttp2, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { connect as connectTls } from 'node:tls'
import type { Field } from './attack.js'
import type { WireAnswer, WireRequest, WireTarget } from './wire.js'

const MAX_BYTES = 262_144

/** Sends one request over HTTP/2, on a connection of its own. Only over TLS, where the server offers it. Never rejects. */
export function sendOverHttp2({ address, port, authority, localAddress, tls }: WireTarget, request: WireRequest, timeoutMs: number): Promise<WireAnswer> {
  if (!tls) return Promise.resolve({ failed: 'unsupported' })
  return new Promise((resolve) => {
    let session: ClientHttp2Session | undefined
    let isOpen = false
    const socket = connectTls(
      {
        host: address,
        port,
        ALPNProtocols: ['h2'],
        ...(localAddress === undefined ? {} : { localAddress }),
        ...(tls.servername === undefined ? {} : { servername: tls.servername }),
        ...(tls.ca === undefined ? {} : { ca: tls.ca }),
        ...tls.certificate,
      },
      () => {
        isOpen = true
        if (socket.alpnProtocol !== 'h2') return end({ failed: 'unsupported' })
        session = connectHttp2(`https://${authority}`, { createConnection: () => socket })
        session.on('error', () => end({ failed: 'reset' }))
        ask(session)
      },
    )
    const end = (answer: WireAnswer): void => {
      clearTimeout(timer)
      session?.destroy()
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ failed: 'timeout' }), timeoutMs)
    // A server that speaks no HTTP/2 refuses the handshake for it, with an alert (RFC 7301 §3.2) or by closing.
    socket.on('error', ({ syscall }: NodeJS.ErrnoException) => end({ failed: isOpen ? 'reset' : syscall === 'connect' ? 'unreachable' : 'unsupported' }))
    socket.on('close', () => end({ failed: isOpen ? 'reset' : 'unsupported' }))

    function ask(over: ClientHttp2Session): void {
      const { method, target, fields, body } = request
      const stream = over.request({ ':method': method, ':path': target, ':authority': authority, ...listed(fields) }, { endStream: body === undefined })
      const chunks: Buffer[] = []
      let size = 0
      let head: { readonly status: number; readonly fields: readonly Field[] } | undefined
      stream.on('response', (headers: IncomingHttpHeaders, _flags: number, raw: readonly string[]) => {
        head = { status: Number(headers[':status']), fields: fieldsOf(raw) }
      })
      stream.on('data', (chunk: Buffer) => {
        size += chunk.length
        if (size <= MAX_BYTES) chunks.push(chunk)
      })
      stream.on('error', () => end({ failed: 'reset' }))
      stream.on('close', () => end(head ? { ...head, body: Buffer.concat(chunks).toString('utf8') } : { failed: 'reset' }))
      if (body !== undefined) stream.end(body)
    }
  })
}

/** Fields of one name become a list; those that HTTP/2 does not have are left out. RFC 9113 §8.2.2. */
function listed(fields: readonly Field[]): Readonly<Record<string, string | string[]>> {
  const byName = new Map<string, string[]>()
  for (const [name, value] of fields) {
    const lower = name.toLowerCase()
    if (lower === 'connection' || lower === 'host' || lower === 'transfer-encoding') continue
    const values = byName.get(lower)
    if (values) values.push(value)
    else byName.set(lower, [value])
  }
  return Object.fromEntries([...byName].map(([name, values]) => [name, values.length === 1 ? values[0]! : values]))
}

function fieldsOf(raw: readonly string[]): readonly Field[] {
  const fields: Field[] = []
  for (let index = 0; index + 1 < raw.length; index += 2) if (!raw[index]!.startsWith(':')) fields.push([raw[index]!, raw[index + 1]!])
  return fields
}
