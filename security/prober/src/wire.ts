import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import type { Field } from './attack.js'

/** Where and how a connection is opened. The address is pinned: it was looked up once, before anything was sent. */
export type WireTarget = {
  readonly address: string
  readonly port: number
  /** Address of this machine to connect from; the system's choice by default. */
  readonly localAddress?: string
  /** As it stands in `Host`. */
  readonly authority: string
  readonly tls?: {
    /** Absent for an address, which SNI does not allow. */
    readonly servername?: string
    readonly ca?: string
    readonly certificate?: { readonly cert: string; readonly key: string }
  }
}

export type WireRequest = {
  readonly method: string
  readonly target: string
  readonly fields: readonly Field[]
  readonly version?: '1.0' | '2'
  readonly trailers?: readonly Field[]
  readonly body?: string
}

export type WireAnswer =
  | { readonly status: number; readonly fields: readonly Field[]; readonly body: string }
  | { readonly failed: 'unreachable' | 'reset' | 'timeout' | 'unsupported' }

const MAX_BYTES = 262_144

/**
 * Sends one HTTP/1.1 request exactly as given: duplicates, odd spellings and trailers, which no client library would send.
 * One connection a request. No redirect is followed. Never rejects.
 */
export function sendOnWire(target: WireTarget, request: WireRequest, timeoutMs: number): Promise<WireAnswer> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let size = 0
    let isOpen = false
    const socket = open(target, () => {
      isOpen = true
      socket.write(serialize(target, request))
    })
    const end = (answer: WireAnswer): void => {
      clearTimeout(timer)
      socket.destroy()
      resolve(answer)
    }
    const timer = setTimeout(() => end({ failed: 'timeout' }), timeoutMs)
    const finish = (): void => end(readAnswer(Buffer.concat(chunks), true) ?? { failed: isOpen ? 'reset' : 'unreachable' })
    socket.on('data', (chunk: Buffer) => {
      size += chunk.length
      chunks.push(chunk)
      const whole = size > MAX_BYTES ? readAnswer(Buffer.concat(chunks), true) : readAnswer(Buffer.concat(chunks), false)
      if (whole) end(whole)
    })
    socket.on('end', finish)
    socket.on('close', finish)
    socket.on('error', finish)
  })
}

function open({ address, port, localAddress, tls }: WireTarget, ready: () => void): Socket {
  const from = localAddress === undefined ? {} : { localAddress }
  if (!tls) return connectTcp({ host: address, port, ...from }, ready)
  return connectTls(
    {
      host: address,
      port,
      ...from,
      ALPNProtocols: ['http/1.1'],
      ...(tls.servername === undefined ? {} : { servername: tls.servername }),
      ...(tls.ca === undefined ? {} : { ca: tls.ca }),
      ...tls.certificate,
    },
    ready,
  )
}

function serialize({ authority }: WireTarget, { method, target, version, fields, trailers, body }: WireRequest): Buffer {
  const line = `${method} ${target} HTTP/${version ?? '1.1'}`
  const has = (name: string) => fields.some(([field]) => field.toLowerCase() === name)
  const all: Field[] = [...(has('host') ? [] : [['Host', authority] as const]), ...(has('connection') ? [] : [['Connection', 'close'] as const]), ...fields]
  const content = Buffer.from(body ?? '', 'utf8')
  const lines = (list: readonly Field[]) => list.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  if (trailers) {
    all.push(['Transfer-Encoding', 'chunked'])
    const chunk = content.length === 0 ? '' : `${content.length.toString(16)}\r\n${content.toString('latin1')}\r\n`
    return Buffer.from(`${line}\r\n${lines(all)}\r\n${chunk}0\r\n${lines(trailers)}\r\n`, 'latin1')
  }
  if (body !== undefined && !has('content-length')) all.push(['Content-Length', String(content.length)])
  return Buffer.concat([Buffer.from(`${line}\r\n${lines(all)}\r\n`, 'latin1'), content])
}

/** Reads an answer; undefined while it is not whole. At the end of the connection, what is there is the whole. */
function readAnswer(bytes: Buffer, isEnd: boolean): WireAnswer | undefined {
  const split = bytes.indexOf('\r\n\r\n')
  if (split === -1) return undefined
  const [statusLine = '', ...rows] = bytes.subarray(0, split).toString('latin1').split('\r\n')
  const [, code] = /^HTTP\/1\.[01] (\d{3})/.exec(statusLine) ?? []
  if (code === undefined) return undefined
  const status = Number(code)
  if (status === 100) return readAnswer(bytes.subarray(split + 4), isEnd)
  const fields = rows.map((row): Field => {
    const colon = row.indexOf(':')
    return [row.slice(0, Math.max(colon, 0)).trim(), row.slice(colon + 1).trim()]
  })
  const rest = bytes.subarray(split + 4)
  const valueOf = (name: string) => fields.find(([field]) => field.toLowerCase() === name)?.[1]
  if (/chunked/i.test(valueOf('transfer-encoding') ?? '')) {
    const body = readChunks(rest)
    return body === undefined && !isEnd ? undefined : { status, fields, body: body ?? '' }
  }
  const length = valueOf('content-length')
  if (length !== undefined && rest.length >= Number(length)) return { status, fields, body: rest.subarray(0, Number(length)).toString('utf8') }
  if (status === 204 || status === 304) return { status, fields, body: '' }
  return isEnd ? { status, fields, body: rest.toString('utf8') } : undefined
}

function readChunks(bytes: Buffer): string | undefined {
  const parts: Buffer[] = []
  let at = 0
  for (;;) {
    const end = bytes.indexOf('\r\n', at)
    if (end === -1) return undefined
    const size = Number.parseInt(bytes.subarray(at, end).toString('latin1'), 16)
    if (!(size >= 0)) return undefined
    if (size === 0) return Buffer.concat(parts).toString('utf8')
    if (bytes.length < end + 2 + size + 2) return undefined
    parts.push(bytes.subarray(end + 2, end + 2 + size))
    at = end + 2 + size + 2
  }
}
