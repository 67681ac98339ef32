import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { connect, constants } from 'node:http2'
import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { certificates, credentials, edgeSlice, issuerFetch, KEYS } from '../gateway.testkit.js'
import { createProxy } from './proxy.js'
import { head } from './smuggling/families.testkit.js'
import { rawConnection } from './smuggling/raw-client.testkit.js'
import { openHttp2 } from './smuggling/raw-http2.testkit.js'

/** Content goes through as it comes, whole and no faster than it is taken. */

const MEGABYTE = 1_048_576
const SIZE = 32 * MEGABYTE
/** What sockets, TLS and streams on the way may hold. */
const HELD = 20 * MEGABYTE

let pki: Awaited<ReturnType<typeof certificates>>
beforeAll(async () => {
  pki = await certificates()
})
const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
})

async function before(handle: (request: IncomingMessage, response: ServerResponse) => void): Promise<number> {
  const server = createServer(handle)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => {
    server.close()
    server.closeAllConnections()
  })
  const proxy = await createProxy({
    slice: edgeSlice(),
    key: KEYS.edge.privateKey,
    fetch: issuerFetch,
    tls: { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert },
    upstreams: { orders: `127.0.0.1:${(server.address() as AddressInfo).port}` },
    limits: { maxBodyBytes: SIZE },
  })
  closing.push(() => proxy.close(0))
  return Number(new URL(proxy.url).port)
}

/** Resolves when the figure does not grow any more. */
async function settled(figure: () => number): Promise<number> {
  for (let last = -1; ; last = figure()) {
    if (last === figure() && last > 0) return last
    await sleep(150)
  }
}

/** Writes all of it, as fast as it is taken; `sent` tells how much was. */
function pour(to: { write: (chunk: Buffer) => boolean; once: (event: 'drain', listener: () => void) => unknown; end: () => unknown }) {
  const chunk = randomBytes(MEGABYTE / 4)
  const hash = createHash('sha256')
  const state = { sent: 0, digest: '' }
  const more = (): void => {
    while (state.sent < SIZE) {
      state.sent += chunk.length
      hash.update(chunk)
      if (!to.write(chunk)) return void to.once('drain', more)
    }
    state.digest = hash.digest('hex')
    to.end()
  }
  more()
  return state
}

async function digestOf(content: AsyncIterable<Buffer>): Promise<{ readonly size: number; readonly digest: string }> {
  const hash = createHash('sha256')
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    hash.update(chunk)
  }
  return { size, digest: hash.digest('hex') }
}

const fieldsOf = (method: string): Readonly<Record<string, string>> => {
  const [, authorization, , dpop] = credentials({ htm: method })
  return { authorization: authorization!, dpop: dpop! }
}

function h2(port: number) {
  const session = connect(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
  closing.push(() => session.destroy())
  return (method: string) =>
    session.request({ ':method': method, ':path': '/orders/1', ':authority': 'api.test', ...fieldsOf(method) }, { endStream: method === 'GET' })
}

test('HTTP/1.1: an answer waits for a client that does not read', async () => {
  let poured: ReturnType<typeof pour> | undefined
  const port = await before((_, response) => (poured = pour(response)))
  const client = await rawConnection(port)
  closing.push(client.close)
  client.socket.pause()
  client.write(head('GET', '/orders/1'))
  expect(await settled(() => poured?.sent ?? 0)).toBeLessThan(HELD)
})

test('HTTP/2: an answer waits for a client that does not read, and then comes whole', async () => {
  let poured: ReturnType<typeof pour> | undefined
  const port = await before((_, response) => (poured = pour(response)))
  const stream = h2(port)('GET')
  await new Promise((resolve) => stream.once('response', resolve))
  expect(await settled(() => poured?.sent ?? 0)).toBeLessThan(HELD)
  expect(await digestOf(stream as AsyncIterable<Buffer>)).toEqual({ size: SIZE, digest: poured?.digest })
})

test('HTTP/1.1: content waits for an application that does not read', async () => {
  const port = await before(() => undefined)
  const client = await rawConnection(port)
  closing.push(client.close)
  client.write(head('POST', '/orders/1', `Content-Length: ${SIZE}`))
  const poured = pour(client.socket)
  expect(await settled(() => poured.sent)).toBeLessThan(HELD)
})

test('HTTP/2: content waits for an application that does not read, and then comes whole', async () => {
  let read: () => void = () => undefined
  const asked = new Promise<void>((resolve) => (read = resolve))
  let received: ReturnType<typeof digestOf> | undefined
  const port = await before((request, response) => {
    received = asked.then(() => digestOf(request))
    void received.then(() => response.end())
  })
  const stream = h2(port)('POST')
  const poured = pour(stream)
  expect(await settled(() => poured.sent)).toBeLessThan(HELD)
  read()
  expect(await received).toEqual({ size: SIZE, digest: poured.digest })
})

for (const [title, code] of [
  ['cancelled', constants.NGHTTP2_CANCEL],
  ['ended without an error', constants.NGHTTP2_NO_ERROR],
] as const) {
  test(`HTTP/2: content that is ${title} half way is not passed on as if it were whole`, async () => {
    let cut: (isComplete: boolean) => void = () => undefined
    const ended = new Promise<boolean>((resolve) => (cut = resolve))
    let begun: () => void = () => undefined
    const begins = new Promise<void>((resolve) => (begun = resolve))
    const port = await before((request) => {
      request.once('data', begun)
      request.on('error', () => undefined).once('close', () => cut(request.complete))
    })
    const pseudo = { ':method': 'POST', ':scheme': 'https', ':path': '/orders/1', ':authority': 'api.test' }
    const request = await openHttp2(port, Object.entries({ ...pseudo, ...fieldsOf('POST') }))
    closing.push(request.close)
    request.data('half of it')
    await begins
    request.reset(code)
    expect(await ended).toBe(false)
  })
}

test('events come as they are sent, and the application learns that the client has gone', async () => {
  let gone: () => void = () => undefined
  const left = new Promise<void>((resolve) => (gone = resolve))
  const port = await before((_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' }).write('data: 1\n\n')
    response.once('close', gone)
  })
  const stream = h2(port)('GET')
  const [first] = await new Promise<[Buffer]>((resolve) => stream.once('data', (chunk: Buffer) => resolve([chunk])))
  expect(first.toString()).toBe('data: 1\n\n')
  stream.close()
  await left
})
