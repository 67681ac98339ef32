import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { sendOnWire, type WireRequest } from './wire.js'

let server: Server | undefined
afterEach(() => {
  server?.close()
})

/** Answers with the given bytes, and resolves what it received. */
async function peer(answer: string, options: { readonly end?: boolean } = {}): Promise<{ readonly port: number; readonly received: () => string }> {
  let received = ''
  server = createServer((socket) => {
    socket.on('error', () => undefined)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      socket.write(answer)
      if (options.end !== false) socket.end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, received: () => received }
}

const GET: WireRequest = { method: 'GET', target: '/x', fields: [] }
const send = (port: number, request = GET, timeoutMs = 2_000) => sendOnWire({ address: '127.0.0.1', port, authority: 'api.example' }, request, timeoutMs)

test('duplicates, order and odd spellings go out as given', async () => {
  const { port, received } = await peer('HTTP/1.1 204 No Content\r\n\r\n')
  await send(port, {
    ...GET,
    fields: [
      ['DPoP', 'one'],
      ['dpop ', 'two'],
      ['D_PoP', 'three'],
      ['DPoP', 'four'],
    ],
  })
  expect(received()).toBe('GET /x HTTP/1.1\r\nHost: api.example\r\nConnection: close\r\nDPoP: one\r\ndpop : two\r\nD_PoP: three\r\nDPoP: four\r\n\r\n')
})

test('what the request says itself is not added again', async () => {
  const { port, received } = await peer('HTTP/1.1 204 No Content\r\n\r\n')
  await send(port, {
    ...GET,
    fields: [
      ['host', 'a'],
      ['Host', 'b'],
      ['Connection', 'close, DPoP'],
    ],
  })
  expect(received()).toBe('GET /x HTTP/1.1\r\nhost: a\r\nHost: b\r\nConnection: close, DPoP\r\n\r\n')
})

test('a body is counted in bytes, and trailers make it chunked', async () => {
  const plain = await peer('HTTP/1.1 204 No Content\r\n\r\n')
  await send(plain.port, { ...GET, method: 'POST', body: 'é' })
  expect(plain.received()).toContain('Content-Length: 2\r\n')
  server?.close()
  const late = await peer('HTTP/1.1 204 No Content\r\n\r\n')
  await send(late.port, { ...GET, method: 'POST', body: '{}', trailers: [['DPoP', 'late']] })
  expect(late.received()).toMatch(/Transfer-Encoding: chunked\r\n\r\n2\r\n\{\}\r\n0\r\nDPoP: late\r\n\r\n$/)
})

for (const [title, bytes, answer] of [
  ['a counted body', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok', { status: 200, body: 'ok' }],
  ['a chunked body', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n1\r\n!\r\n0\r\n\r\n', { status: 200, body: 'ok!' }],
  ['a body that the end of the connection ends', 'HTTP/1.0 503 Busy\r\n\r\nlater', { status: 503, body: 'later' }],
  ['an answer after an interim one', 'HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n', { status: 401, body: '' }],
  [
    'each of two fields of one name',
    'HTTP/1.1 401 No\r\nA: 1\r\nA: 2\r\nContent-Length: 0\r\n\r\n',
    {
      status: 401,
      fields: [
        ['A', '1'],
        ['A', '2'],
        ['Content-Length', '0'],
      ],
    },
  ],
  ['no sense in noise', 'hello\r\n\r\n', { failed: 'reset' }],
] as const) {
  test(`reads ${title}`, async () => {
    const { port } = await peer(bytes)
    expect(await send(port)).toMatchObject(answer)
  })
}

test('an answer that does not come is a timeout, a closed port is unreachable, a silent close a reset', async () => {
  const silent = await peer('', { end: false })
  expect(await send(silent.port, GET, 150)).toEqual({ failed: 'timeout' })
  server?.close()
  const { port } = await peer('')
  expect(await send(port)).toEqual({ failed: 'reset' })
  server?.close()
  await once(server!, 'close')
  expect(await send(port)).toEqual({ failed: 'unreachable' })
})

test('an endless answer is cut off', async () => {
  const { port } = await peer(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(2_000_000)}`, { end: false })
  const answer = await send(port)
  expect('failed' in answer ? 0 : answer.body.length).toBeLessThan(600_000)
})

test('the connection comes from the address named', { skip: process.platform !== 'linux' }, async () => {
  const seen: (string | undefined)[] = []
  const { port } = await peer('HTTP/1.1 204 No Content\r\n\r\n')
  server?.on('connection', (socket) => seen.push(socket.remoteAddress))
  await sendOnWire({ address: '127.0.0.1', port, authority: 'api.example', localAddress: '127.0.0.9' }, GET, 2_000)
  await send(port)
  expect(seen).toEqual(['127.0.0.9', '127.0.0.1'])
})

test('an address that is not of this machine connects to nothing', async () => {
  const { port, received } = await peer('HTTP/1.1 204 No Content\r\n\r\n')
  expect(await sendOnWire({ address: '127.0.0.1', port, authority: 'api.example', localAddress: '192.0.2.1' }, GET, 2_000)).toEqual({ failed: 'unreachable' })
  expect(received()).toBe('')
})
