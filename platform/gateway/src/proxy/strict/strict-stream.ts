import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import { namesSecurityField } from '@everyhop/verifier'
import type { Limits } from '../limits.js'
import { readContent, type ContentReader } from './read-content.js'
import { readHead, type Head, type Malformed } from './read-head.js'

/** What a connection is doing, and so how long it may. */
type Phase = 'idle' | 'head' | 'content' | 'answer' | 'tunnel' | 'closing'

const EMPTY = Buffer.alloc(0)
const HEAD_END = Buffer.from('\r\n\r\n')
/** What a client may send ahead while its request is answered. */
const MAX_HELD_BYTES = 65_536
/** How long a closing connection is read from, so that its last answer is not lost under a reset. */
const LINGER_MS = 2_000

const FRAMING = new Set(['content-length', 'transfer-encoding', 'host', 'trailer', 'te', 'connection', 'content-encoding', 'content-type', 'content-range'])
const isForbiddenTrailer = (name: string): boolean => FRAMING.has(name) || namesSecurityField([name, ''])

/**
 * A connection of HTTP/1.1 as the parser behind it gets to see it: whole heads that are strictly right, content that ends where they say,
 * and one request at a time. The next one is held back until `next`, so that no answer can be taken for another's.
 */
export class StrictStream extends Duplex {
  /** The head of the request that is being read or answered. */
  head: Head | undefined
  /** What to do where the content of that request turns out to be none. */
  abandon: (() => void) | undefined
  readonly #source: Socket
  readonly #limits: Limits
  readonly #now: () => number
  readonly #onMalformed: (malformed: Malformed) => void
  #phase: Phase = 'idle'
  #since: number
  #writeSince: number | undefined
  #held: Buffer = EMPTY
  /** Room for a head that comes in many small pieces, so that each is copied about once. */
  #room: Buffer = EMPTY
  #scanned = 0
  #content: ContentReader | undefined
  #isAnswering = false
  #hasEnded = false

  constructor(source: Socket, limits: Limits, now: () => number, onMalformed: (malformed: Malformed) => void) {
    super({ allowHalfOpen: true })
    this.#source = source
    this.#limits = limits
    this.#now = now
    this.#onMalformed = onMalformed
    this.#since = now()
    source.on('data', (bytes: Buffer) => this.#receive(bytes))
    source.once('end', () => this.#receiveEnd())
    source.once('error', () => this.destroy())
    source.once('close', () => this.destroy())
  }

  get source(): Socket {
    return this.#source
  }

  /** Whether the content of the present request has come whole. */
  get isComplete(): boolean {
    return this.#phase === 'answer'
  }

  get isIdle(): boolean {
    return this.#phase === 'idle'
  }

  /** Ends the connection, whatever it is doing. */
  cut(): void {
    this.#source.destroy()
  }

  /** The request is answered and read: on with what was held back. */
  next(): void {
    if (this.#phase !== 'answer') return
    this.#enter('idle')
    this.#isAnswering = false
    this.head = undefined
    this.abandon = undefined
    this.#scan()
  }

  /** After `101`: whatever comes is passed on as it is. */
  tunnel(): void {
    this.#enter('tunnel')
    const held = this.#held
    this.#held = EMPTY
    if (held.length > 0) this.push(held)
    this.#source.resume()
  }

  /** Whether it has taken longer over something than it may. */
  isOverdue(now: number): boolean {
    const { headersTimeoutMs, requestTimeoutMs, idleTimeoutMs, tunnelTimeoutMs } = this.#limits
    if (this.#writeSince !== undefined && now - this.#writeSince > idleTimeoutMs) return true
    const may = {
      idle: idleTimeoutMs,
      head: headersTimeoutMs,
      content: requestTimeoutMs,
      answer: Number.POSITIVE_INFINITY,
      tunnel: tunnelTimeoutMs,
      closing: LINGER_MS,
    }
    return now - this.#since > may[this.#phase]
  }

  #enter(phase: Phase): void {
    this.#phase = phase
    this.#since = this.#now()
  }

  #receive(bytes: Buffer): void {
    if (this.#phase === 'closing') return
    if (this.#phase === 'tunnel') {
      this.#since = this.#now()
      if (!this.push(bytes)) this.#source.pause()
      return
    }
    this.#hold(bytes)
    this.#scan()
    if (this.#phase === 'answer' && this.#held.length > MAX_HELD_BYTES) this.#source.pause()
  }

  #hold(bytes: Buffer): void {
    const before = this.#held.length
    if (before === 0) {
      this.#held = bytes
      return
    }
    const size = before + bytes.length
    if (size > this.#room.length) {
      this.#room = Buffer.allocUnsafe(2 * size)
      this.#held.copy(this.#room)
    }
    bytes.copy(this.#room, before)
    this.#held = this.#room.subarray(0, size)
  }

  #receiveEnd(): void {
    this.#hasEnded = true
    // Half a message is none; a client that has said all may still wait for its answer, or not.
    if (this.#phase === 'head' || this.#phase === 'content') this.destroy()
    else this.push(null)
  }

  /** Passes on what belongs to the present message, and begins with the next one where it may. */
  #scan(): void {
    while (this.#held.length > 0) {
      const isBlocked = this.#phase === 'idle' || this.#phase === 'head' ? !this.#scanHead() : this.#phase !== 'content' || !this.#scanContent()
      if (isBlocked) return
    }
  }

  /** Whether a whole head was passed on. */
  #scanHead(): boolean {
    if (this.#phase === 'idle') {
      this.#enter('head')
      this.#scanned = 0
    }
    const held = this.#held
    const end = held.indexOf(HEAD_END, Math.max(0, this.#scanned - HEAD_END.length))
    const size = end === -1 ? held.length : end
    if (size > this.#limits.maxHeadBytes) return this.#refuse({ status: 431, defect: 'size' })
    // A line that ends in LF alone may hide the end of a head that others see.
    if (hasBareLineFeed(held, this.#scanned, size)) return this.#refuse({ status: 400, defect: 'line-end' })
    this.#scanned = size
    if (end === -1) return false

    const head = readHead(held.toString('latin1', 0, end), this.#limits.maxFields)
    if ('defect' in head) return this.#refuse(head)
    const { maxBodyBytes } = this.#limits
    const content = head.content.kind === 'none' ? undefined : readContent(head.content, { maxBodyBytes, isForbiddenTrailer })
    if (content && 'defect' in content) return this.#refuse(content)
    this.head = head
    this.#content = content
    this.#phase = content === undefined || (head.content.kind === 'length' && head.content.length === 0) ? 'answer' : 'content'
    this.#passOn(end + HEAD_END.length)
    return true
  }

  /** Whether more of this message can be scanned. */
  #scanContent(): boolean {
    const taken = this.#content?.take(this.#held, 0)
    if (!taken || 'defect' in taken) return this.#refuse(taken ?? { status: 400, defect: 'length' })
    if (taken.isComplete) this.#enter('answer')
    this.#passOn(taken.end)
    return false
  }

  #passOn(end: number): void {
    const part = end === this.#held.length ? this.#held : this.#held.subarray(0, end)
    // It is somebody else's now.
    this.#room = EMPTY
    this.#held = end === this.#held.length ? EMPTY : this.#held.subarray(end)
    if (!this.push(part)) this.#source.pause()
  }

  /** Answers by itself where no answer has begun; what has begun is cut off. */
  #refuse(malformed: Malformed): false {
    this.#held = EMPTY
    this.#onMalformed(malformed)
    if (this.#isAnswering) {
      this.destroy()
      return false
    }
    this.#enter('closing')
    this.#source.resume()
    this.#source.end(answerTo(malformed))
    this.abandon?.()
    return false
  }

  override _read(): void {
    if (this.#phase !== 'answer' || this.#held.length <= MAX_HELD_BYTES) this.#source.resume()
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    if (this.#phase === 'closing') return done()
    this.#isAnswering = true
    this.#writeSince = this.#now()
    if (this.#phase === 'tunnel') this.#since = this.#writeSince
    this.#source.write(chunk, encoding, (error) => {
      this.#writeSince = undefined
      done(error)
    })
  }

  override _writev(chunks: readonly { readonly chunk: Buffer; readonly encoding: BufferEncoding }[], done: (error?: Error | null) => void): void {
    const whole = Buffer.concat(chunks.map(({ chunk, encoding }) => (typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk)))
    this._write(whole, 'latin1', done)
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#phase !== 'closing') this.#source.end()
    this.#enter('closing')
    this.#source.resume()
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // An answer of our own is on its way; the connection ends when it has arrived, or soon.
    if (this.#phase !== 'closing' || this.#hasEnded) this.#source.destroy()
    done(error)
  }
}

function hasBareLineFeed(bytes: Buffer, from: number, to: number): boolean {
  for (let at = bytes.indexOf(LF, from); at !== -1 && at < to; at = bytes.indexOf(LF, at + 1)) {
    if (at === 0 || bytes[at - 1] !== CR) return true
  }
  return false
}

const LF = 0x0a
const CR = 0x0d

const TITLES: Readonly<Record<Malformed['status'], string>> = {
  400: 'Bad Request',
  413: 'Content Too Large',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  505: 'HTTP Version Not Supported',
}

function answerTo({ status }: Malformed): string {
  const title = TITLES[status]
  const body = JSON.stringify({ type: 'about:blank', title, status })
  const fields = ['Content-Type: application/problem+json', `Content-Length: ${body.length}`, 'Cache-Control: no-store', 'Connection: close']
  return [`HTTP/1.1 ${status} ${title}`, ...fields, '', body].join('\r\n')
}
