import { createServer, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import { assert, asyncProperty, array, constantFrom, nat, record } from 'fast-check'
import { expect, test } from 'vitest'
import { readHead } from './read-head.js'

/** Whatever the strict reader takes, Node's parser reads alike, or not at all: a difference would be a place to hide a request. */

const HONEST = ['POST /orders/1?x=y HTTP/1.1', 'Host: api.test', 'Content-Length: 0', 'X-One: a, b', 'Accept: */*'].join('\r\n')
const NASTY = [
  '\r\n',
  '\n',
  '\r',
  ' ',
  '\t',
  '\0',
  '\x0b',
  '\x7f',
  '\xa0',
  '\xff',
  ':',
  ',',
  ';',
  '"',
  '#',
  '?',
  '/',
  '*',
  '0',
  '9',
  '+',
  'A',
  '\r\n ',
  '\r\nHost: other.test',
  '\r\nContent-Length: 5',
  '\r\nTransfer-Encoding: chunked',
  'Transfer-Encoding: chunked\r\n',
  'https://api.test',
  ' HTTP/1.1',
]

const server = createServer()
server.maxHeadersCount = 0

/** What Node makes of these bytes; undefined where it refuses them. */
function readByNode(text: string): Promise<IncomingMessage | undefined> {
  return new Promise((resolve) => {
    const stream = new Duplex({ read: () => undefined, write: (_, __, done) => done() })
    const end = (request?: IncomingMessage): void => {
      server.off('request', onRequest).off('clientError', onError)
      stream.destroy()
      resolve(request)
    }
    const onRequest = (request: IncomingMessage): void => end(request)
    const onError = (): void => end()
    server.on('request', onRequest).on('clientError', onError)
    server.emit('connection', stream)
    stream.push(Buffer.from(text, 'latin1'))
  })
}

const spoiled = array(record({ at: nat({ max: HONEST.length }), what: constantFrom(...NASTY), instead: constantFrom(0, 1) }), {
  minLength: 1,
  maxLength: 3,
}).map((changes) =>
  changes.reduce((text, { at, what, instead }) => {
    const index = Math.floor(at * text.length)
    return text.slice(0, index) + what + text.slice(index + instead)
  }, HONEST),
)

test('any spoiled head', async () => {
  let alike = 0
  const property = asyncProperty(spoiled, async (text) => {
    const head = readHead(text, 200)
    if ('defect' in head || text.includes('\r\n\r\n')) return
    const seen = await readByNode(`${text}\r\n\r\n`)
    if (!seen) return
    alike += 1
    expect([seen.method, seen.url?.replace(/^https:\/\/[^/]*/i, '')]).toEqual([head.method, head.target])
    expect(seen.headersDistinct['host']).toEqual([head.authority])
    expect(seen.rawHeaders.length / 2).toBe(text.split('\r\n').length - 1)
    const length = seen.headersDistinct['content-length']
    const coding = seen.headersDistinct['transfer-encoding']
    expect(head.content).toEqual(coding ? { kind: 'chunked' } : length ? { kind: 'length', length: Number(length[0]) } : { kind: 'none' })
  })
  await assert(property, { numRuns: 800 })
  expect(alike).toBeGreaterThan(50)
})
