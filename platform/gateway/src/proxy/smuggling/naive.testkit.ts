import { connect, createServer, type Server, type Socket } from 'node:net'
import { createServer as createTls } from 'node:tls'
import type { AddressInfo } from 'node:net'

/** How a careless server reads a request. Each of these exists, or did, in something that people run. */
export type Reading = {
  readonly headEnd: RegExp
  readonly length: RegExp
  readonly chunked: RegExp
  /** The line before a chunk, extensions included. */
  readonly chunkLine: RegExp
  /** What counts where both are there; `nothing` where content is overlooked. */
  readonly prefers: 'length' | 'coding' | 'nothing'
}

export const USUAL: Reading = {
  headEnd: /\r\n\r\n/,
  length: /^content-length:[ \t]*(\d+)[ \t]*$/im,
  chunked: /^transfer-encoding:[ \t]*chunked[ \t]*$/im,
  chunkLine: /^([\da-f]+)[^\n]*\n/i,
  prefers: 'coding',
}

export type Message = { readonly head: string; readonly content: string; readonly rest: string }

/** The first message in a text, as this reading sees it; undefined where it is not whole. */
export function takeMessage(text: string, reading: Reading): Message | undefined {
  const end = reading.headEnd.exec(text)
  if (!end) return undefined
  const head = text.slice(0, end.index)
  const start = end.index + end[0].length
  const length = reading.length.exec(head)?.[1]
  const isChunked = reading.chunked.test(head) && (reading.prefers === 'coding' || length === undefined)
  const size = reading.prefers === 'nothing' ? 0 : isChunked ? chunkedSize(text.slice(start), reading.chunkLine) : Number(length ?? 0)
  if (size === undefined || text.length < start + size) return undefined
  return { head, content: text.slice(start, start + size), rest: text.slice(start + size) }
}

function chunkedSize(text: string, chunkLine: RegExp): number | undefined {
  let at = 0
  for (;;) {
    const line = chunkLine.exec(text.slice(at))
    if (!line) return undefined
    at += line[0].length
    if (Number.parseInt(line[1]!, 16) === 0) {
      const end = /^(?:[^\r\n]+\r?\n)*\r?\n/.exec(text.slice(at))
      return end ? at + end[0].length : undefined
    }
    at += Number.parseInt(line[1]!, 16) + 2
  }
}

export const requestLine = (head: string): string => head.split(/\r?\n/, 1)[0] ?? ''

export type Backend = {
  readonly address: string
  readonly heads: string[]
  /** Resolves once it has received anything. */
  readonly touched: Promise<void>
  readonly close: () => Promise<void>
}

export type BackendHabits = {
  readonly reading?: Reading
  /** Sends an interim answer wherever something like this is in a head. */
  readonly continuesAt?: RegExp
  readonly answersTwice?: boolean
}

const answerWith = (body: string, more = ''): string => `HTTP/1.1 200 OK\r\n${more}Content-Length: ${body.length}\r\n\r\n${body}`

/** Answers each request that it believes to see with the request's own first line. */
export async function startBackend({ reading = USUAL, continuesAt, answersTwice = false }: BackendHabits = {}): Promise<Backend> {
  const heads: string[] = []
  let touch: () => void = () => undefined
  const touched = new Promise<void>((resolve) => (touch = resolve))
  const server = createServer({ noDelay: true }, (socket) => {
    let text = ''
    let isClosing = false
    socket.on('error', () => undefined)
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1')
      touch()
      for (let message = takeMessage(text, reading); message && !isClosing; message = takeMessage(text, reading)) {
        text = message.rest
        heads.push(message.head)
        isClosing = /^connection:.*\bclose\b/im.test(message.head)
        const says = answerWith(requestLine(message.head), isClosing ? 'Connection: close\r\n' : '')
        socket.write((continuesAt?.test(message.head) ? 'HTTP/1.1 100 Continue\r\n\r\n' : '') + says + (answersTwice ? answerWith('another') : ''))
        if (isClosing) socket.end()
      }
    })
  })
  return { ...(await listening(server)), heads, touched }
}

export type FrontHabits = {
  readonly reading?: Reading
  /** Makes of a message what is sent on. */
  readonly edit?: (message: Message, whole: string) => string
  /** Sends a head on as soon as it is there, and what follows when it comes. */
  readonly streams?: boolean
  /** Joins both sides where a client asks for another protocol, whatever the answer will be. */
  readonly tunnels?: boolean
}

export type Front = { readonly port: number; readonly close: () => Promise<void> }

/** One connection to the backend for everybody; answers go to whoever asked first. */
export function sharedBackend(address: string): { readonly ask: (text: string, answer: (text: string) => void) => void; readonly socket: Socket } {
  const [host, port] = address.split(':')
  const socket = connect({ port: Number(port), host: host!, noDelay: true })
  const waiting: ((text: string) => void)[] = []
  let text = ''
  socket.on('error', () => undefined)
  socket.on('data', (bytes) => {
    text += bytes.toString('latin1')
    for (let message = takeMessage(text, USUAL); message && waiting.length > 0; message = takeMessage(text, USUAL)) {
      waiting.shift()?.(text.slice(0, text.length - message.rest.length))
      text = message.rest
    }
  })
  return {
    socket,
    ask(sent, answer) {
      waiting.push(answer)
      socket.write(sent, 'latin1')
    },
  }
}

/** A proxy as one should not be: it decides by its own reading and sends on what it read, byte by byte. */
export async function startNaiveFront(pem: { readonly cert: string; readonly key: string }, backend: Backend, habits: FrontHabits = {}): Promise<Front> {
  const { reading = USUAL, edit = (_, whole) => whole, streams = false, tunnels = false } = habits
  const shared = sharedBackend(backend.address)
  const server = createTls({ ...pem, noDelay: true }, (client) => {
    let text = ''
    client.on('error', () => undefined)
    const reply = (answer: string): void => void client.write(answer, 'latin1')
    client.on('data', (bytes) => {
      if (text === JOINED) return void shared.socket.write(bytes)
      text += bytes.toString('latin1')
      const head = reading.headEnd.exec(text)
      if (streams && head) {
        shared.ask(text, reply)
        text = JOINED
        return
      }
      for (let message = takeMessage(text, reading); message; message = takeMessage(text, reading)) {
        shared.ask(edit(message, text.slice(0, text.length - message.rest.length)), reply)
        text = message.rest
        if (!tunnels || !/^upgrade:/im.test(message.head)) continue
        shared.socket.write(text, 'latin1')
        text = JOINED
        return
      }
    })
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

const JOINED = '\0joined'

export async function listening(server: Server): Promise<{ readonly address: string; readonly close: () => Promise<void> }> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        for (const socket of sockets) socket.destroy()
      }),
  }
}
