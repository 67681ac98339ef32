import { createHash, randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import { pipeline } from 'node:stream/promises'
import { Readable, Writable } from 'node:stream'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { hashContent } from './hash-content.js'
import { chunked, listen, send } from './wire.testkit.js'

/** After its content was hashed a request is read as if nobody had touched it, in each of the ways that Node has. */

const collected = async (write: (sink: Writable) => unknown): Promise<Buffer> => {
  const chunks: Buffer[] = []
  const sink = new Writable({
    write(chunk: Buffer, _, done) {
      chunks.push(chunk)
      done()
    },
  })
  const finished = new Promise((resolve) => sink.once('finish', resolve))
  await write(sink)
  await finished
  return Buffer.concat(chunks)
}

const READERS: Readonly<Record<string, (request: IncomingMessage) => Promise<Buffer>>> = {
  iteration: async (request) => Buffer.concat(await Readable.from(request).toArray()),
  'data and end events': (request) =>
    new Promise((resolve) => {
      const chunks: Buffer[] = []
      request.on('data', (chunk: Buffer) => chunks.push(chunk))
      request.on('end', () => resolve(Buffer.concat(chunks)))
    }),
  'readable events': (request) =>
    new Promise((resolve) => {
      const chunks: Buffer[] = []
      request.on('readable', () => {
        for (let chunk = request.read() as Buffer | null; chunk !== null; chunk = request.read() as Buffer | null) chunks.push(chunk)
      })
      request.on('end', () => resolve(Buffer.concat(chunks)))
    }),
  pipe: (request) => collected((sink) => request.pipe(sink)),
  pipeline: (request) => collected((sink) => pipeline(request, sink)),
  'a web stream': async (request) => Buffer.from(await new Response(Readable.toWeb(request) as never).arrayBuffer()),
  'much later': async (request) => {
    for (let turn = 0; turn < 50; turn += 1) await nextTurn()
    return Buffer.concat(await request.toArray())
  },
}

const LIMIT = 200_000
const CONTENTS = [0, 1, 1_000, 16_384, 65_536, LIMIT, LIMIT + 1, 3 * LIMIT].map((length) => randomBytes(length))
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('base64')

describe.each(Object.entries(READERS))('%s', (_, read) => {
  test.each(CONTENTS.map((content) => [content.length, content] as const))('%i bytes', async (length, content) => {
    const hashes: unknown[] = []
    const server = createServer((request, response) => {
      void hashContent(request, LIMIT)
        .then((hashed) => hashes.push(hashed))
        .then(() => read(request))
        .then((got) => response.end(sha256(got)))
    })
    await listen(server)
    const whole = await send(server, { method: 'POST', fields: [`Content-Length: ${length}`], content })
    const pieces = await send(server, { method: 'POST', fields: ['Transfer-Encoding: chunked'], content: chunked(content, 5_000) })
    server.close()
    expect([whole.body, pieces.body]).toEqual([sha256(content), sha256(content)])
    const expected = length > LIMIT ? 'request.content-too-large' : { sha256: sha256(content) }
    expect(hashes).toEqual([expected, expected])
  })
})

test.each([
  ['all', true],
  ['a part', false],
] as const)('content of which %s was read before is not taken for what is left', async (_, all) => {
  const server = createServer((request, response) => {
    const read = all ? request.toArray() : new Promise((resolve) => request.once('data', resolve)).then(() => request.pause())
    void read.then(() => hashContent(request, LIMIT)).then((hashed) => response.end(hashed))
  })
  await listen(server)
  const { body } = await send(server, { method: 'POST', fields: ['Content-Length: 4'], content: 'evil' })
  server.close()
  expect(body).toBe('request.content-digest')
})
