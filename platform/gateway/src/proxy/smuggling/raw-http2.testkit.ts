import { createServer as createTls } from 'node:tls'
import { listening, sharedBackend, type Backend, type Front } from './naive.testkit.js'
import { rawConnection } from './raw-client.testkit.js'

/** Frames of HTTP/2 by hand (RFC 9113 §4, RFC 7541 §6.2.2), since no client would send what an attacker does. */

export type H2Field = readonly [name: string, value: string]

const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'
const TYPE = { data: 0, headers: 1, reset: 3, settings: 4, goaway: 7 } as const
const END_STREAM = 1
const END_HEADERS = 4
const ACK = 1

function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9)
  head.writeUIntBE(payload.length, 0, 3)
  head.writeUInt8(type, 3)
  head.writeUInt8(flags, 4)
  head.writeUInt32BE(stream, 5)
  return Buffer.concat([head, payload])
}

/** A string literal without Huffman coding; its length has a prefix of seven bits. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1')
  const length: number[] = []
  if (bytes.length < 127) length.push(bytes.length)
  else {
    length.push(127)
    let left = bytes.length - 127
    for (; left >= 128; left >>= 7) length.push((left & 127) | 128)
    length.push(left)
  }
  return Buffer.concat([Buffer.from(length), bytes])
}

const NEVER_INDEXED = Buffer.from([0x10])
const fieldBlock = (fields: readonly H2Field[]): Buffer => Buffer.concat(fields.flatMap(([name, value]) => [NEVER_INDEXED, literal(name), literal(value)]))

export type H2Outcome = 'reset' | 'goaway' | 'closed' | 'answered'

export type H2Request = { readonly fields: readonly H2Field[]; readonly data?: string; readonly trailers?: readonly H2Field[] }

/** Sends one request as given, and tells what became of it. */
export async function sendHttp2(port: number, { fields, data, trailers }: H2Request): Promise<H2Outcome> {
  const { socket, ended } = await rawConnection(port, { ALPNProtocols: ['h2'] })
  const isAll = data === undefined && !trailers
  socket.write(
    Buffer.concat([Buffer.from(PREFACE), frame(TYPE.settings, 0, 0), frame(TYPE.headers, END_HEADERS | (isAll ? END_STREAM : 0), 1, fieldBlock(fields))]),
  )
  if (data !== undefined) socket.write(frame(TYPE.data, trailers ? 0 : END_STREAM, 1, Buffer.from(data, 'latin1')))
  if (trailers) socket.write(frame(TYPE.headers, END_HEADERS | END_STREAM, 1, fieldBlock(trailers)))
  const outcome = await new Promise<H2Outcome>((resolve) => {
    void ended.then(() => resolve('closed'))
    readFrames(socket, (type, flags, stream) => {
      if (type === TYPE.settings && (flags & ACK) === 0) socket.write(frame(TYPE.settings, ACK, 0))
      if (type === TYPE.goaway) resolve('goaway')
      if (stream === 1 && type === TYPE.reset) resolve('reset')
      if (stream === 1 && type === TYPE.headers) resolve('answered')
    })
  })
  socket.destroy()
  return outcome
}

/** A request whose content is sent, and cut off, by hand. */
export async function openHttp2(port: number, fields: readonly H2Field[]) {
  const { socket, close } = await rawConnection(port, { ALPNProtocols: ['h2'] })
  socket.write(Buffer.concat([Buffer.from(PREFACE), frame(TYPE.settings, 0, 0), frame(TYPE.headers, END_HEADERS, 1, fieldBlock(fields))]))
  return {
    data: (text: string) => void socket.write(frame(TYPE.data, 0, 1, Buffer.from(text))),
    reset: (code: number) => void socket.write(frame(TYPE.reset, 0, 1, Buffer.from([0, 0, 0, code]))),
    close,
  }
}

type OnFrame = (type: number, flags: number, stream: number, payload: Buffer) => void

function readFrames(from: { on: (event: 'data', listener: (bytes: Buffer) => void) => unknown }, onFrame: OnFrame, skip = 0): void {
  let held = Buffer.alloc(0)
  let left = skip
  from.on('data', (bytes) => {
    held = Buffer.concat([held, bytes])
    const skipped = Math.min(left, held.length)
    left -= skipped
    held = held.subarray(skipped)
    if (left > 0) return
    while (held.length >= 9 && held.length >= 9 + held.readUIntBE(0, 3)) {
      const length = held.readUIntBE(0, 3)
      onFrame(held.readUInt8(3), held.readUInt8(4), held.readUInt32BE(5), held.subarray(9, 9 + length))
      held = held.subarray(9 + length)
    }
  })
}

function readBlock(block: Buffer): readonly H2Field[] {
  const fields: H2Field[] = []
  let at = 0
  const string = (): string => {
    let length = block[at++]! & 127
    if (length === 127)
      for (let shift = 0, more = true; more; shift += 7) {
        const byte = block[at++]!
        length += (byte & 127) << shift
        more = byte >= 128
      }
    at += length
    return block.toString('latin1', at - length, at)
  }
  while (at < block.length) {
    at += 1
    fields.push([string(), string()])
  }
  return fields
}

/** Writes a request down as HTTP/1.1 without a look at what is in it: names, values, lengths and all. */
export async function startNaiveHttp2Front(pem: { readonly cert: string; readonly key: string }, backend: Backend): Promise<Front> {
  const shared = sharedBackend(backend.address)
  const server = createTls({ ...pem, ALPNProtocols: ['h2'] }, (client) => {
    let text = ''
    client.on('error', () => undefined)
    client.write(frame(TYPE.settings, 0, 0))
    readFrames(
      client,
      (type, flags, stream, payload) => {
        if (type === TYPE.headers) {
          const fields = readBlock(payload)
          const pseudo = (name: string): string => fields.find(([one]) => one === name)?.[1] ?? ''
          const lines = fields.filter(([name]) => !name.startsWith(':')).map(([name, value]) => `${name}: ${value}\r\n`)
          text += text === '' ? `${pseudo(':method')} ${pseudo(':path')} HTTP/1.1\r\nhost: ${pseudo(':authority')}\r\n${lines.join('')}\r\n` : ''
        }
        if (type === TYPE.data) text += payload.toString('latin1')
        if ((type === TYPE.data || type === TYPE.headers) && (flags & END_STREAM) !== 0) {
          // 0x88 is `:status: 200`.
          shared.ask(text, () => client.write(frame(TYPE.headers, END_HEADERS | END_STREAM, stream, Buffer.from([0x88]))))
        }
      },
      PREFACE.length,
    )
  })
  const { address, close } = await listening(server)
  return {
    port: Number(address.split(':')[1]),
    async close() {
      shared.socket.destroy()
      await close()
    },
  }
}
