import { createHash } from 'node:crypto'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Receipt } from '@everyhop/proof'
import { ADAPTERS, serve, serveHttp2, WITHOUT_HTTP2, type Opened } from './adapters.testkit.js'
import { honest, now, options, proof, routed, signed, token } from './guard.testkit.js'
import { chunked, headOf, listen, portOf, send, sendOverHttp2, type Answer } from './wire.testkit.js'

/** The content of covered routes is read before the request is let in, and each framework's own parser reads it again afterwards. */

const MAX = 1_048_576
const COVERED = routed({ body: 'covered' })
const digestOf = (content: Buffer) => `Content-Digest: sha-256=:${createHash('sha256').update(content).digest('base64')}:`
/** JSON of exactly this length. */
const json = (length: number) => Buffer.from(length < 4 ? `[${'1'.repeat(length - 2)}]` : JSON.stringify(['x'.repeat(length - 4)]))
/** Fastify refuses JSON of no length at all. */
const typeOf = ({ length }: Buffer) => (length === 0 ? [] : ['Content-Type: application/json'])
const EMPTY = Buffer.alloc(0)

for (const [name, open] of Object.entries(ADAPTERS)) {
  describe(name, () => {
    let server: Server
    let opened: Opened
    const receipts: Receipt[] = []
    beforeAll(async () => {
      opened = await open({ ...options(COVERED), sink: { append: (receipt) => receipts.push(receipt) } })
      server = serve(opened)
      await listen(server)
    })
    afterAll(() => void server.close())

    const of = token()
    const fields = (content: Buffer, more: readonly string[]) => [...honest(of, { htm: 'POST' }), digestOf(content), ...typeOf(content), ...more]
    const post = (content: Buffer, digest = content): Promise<Answer> =>
      send(server, { method: 'POST', fields: fields(digest, [`Content-Length: ${content.length}`]), content })
    const postChunked = (content: Buffer, size: number, trailers: readonly string[] = []): Promise<Answer> =>
      send(server, { method: 'POST', fields: fields(content, ['Transfer-Encoding: chunked']), content: chunked(content, size, trailers) })
    const bodyOf = (answer: Answer): unknown => (JSON.parse(answer.body) as { body?: unknown }).body
    const lengthOf = (answer: Answer): number => JSON.stringify(bodyOf(answer)).length

    for (const length of [2, 3, 1_000, 16_384, 70_000, MAX - 1, MAX]) {
      test(`${length} bytes reach the parser, with a length and in chunks`, async () => {
        const content = json(length)
        const answers = [await post(content), await postChunked(content, 10_000), await postChunked(content, MAX)]
        expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
        expect(answers.map(lengthOf)).toEqual([length, length, length])
      })
    }

    test('no content has a digest too', async () => {
      expect((await post(EMPTY)).status).toBe(200)
      const get = await send(server, { fields: [...honest(of), digestOf(EMPTY)] })
      expect([get.status, bodyOf(get)]).toEqual([200, undefined])
    })

    const codeOf = ({ status, body }: Answer) => [status, (JSON.parse(body) as { code: string }).code]

    test('one byte more is too much, announced or not', async () => {
      expect(codeOf(await post(json(MAX + 1)))).toEqual([413, 'request.content-too-large'])
      for (const length of [MAX + 1, 3 * MAX]) {
        expect(codeOf(await postChunked(json(length), 100_000))).toEqual([413, 'request.content-too-large'])
      }
    })

    test('other content than the digest says, or none of it', async () => {
      expect(codeOf(await post(json(100), json(101)))).toEqual([400, 'request.content-digest'])
      expect(codeOf(await post(EMPTY, json(100)))).toEqual([400, 'request.content-digest'])
      const bare = [...honest(of, { htm: 'POST' }), 'Content-Length: 2']
      expect(codeOf(await send(server, { method: 'POST', fields: bare, content: '[]' }))).toEqual([400, 'request.content-digest'])
      const twice = [...fields(json(2), ['Content-Length: 2']), digestOf(json(3))]
      expect(codeOf(await send(server, { method: 'POST', fields: twice, content: '[]' }))).toEqual([400, 'request.content-digest'])
    })

    test('a proof is not used up by a request whose content is refused', async () => {
      const content = json(100)
      const once = fields(content, ['Content-Length: 100'])
      const spoiled = await send(server, { method: 'POST', fields: once, content: `${json(98).toString()}  ` })
      expect(codeOf(spoiled)).toEqual([400, 'request.content-digest'])
      expect((await send(server, { method: 'POST', fields: once, content })).status).toBe(200)
    })

    /** Status of a request of which only the head is sent. */
    const statusOfHead = async (lines: readonly string[]): Promise<string | undefined> => {
      const socket = connect(portOf(server), '127.0.0.1')
      const first = new Promise<string>((resolve) => socket.once('data', (chunk) => resolve(chunk.toString())))
      socket.write(headOf({ method: 'POST', fields: lines }))
      const [, status] = (await first).split(' ')
      socket.destroy()
      return status
    }

    test('what is announced as too much is refused before it comes', async () => {
      expect(await statusOfHead(fields(json(3), [`Content-Length: ${MAX + 1}`]))).toBe('413')
    })

    test('nobody’s garbage is read: the refusal comes before the content', async () => {
      const stale = `DPoP: ${proof(of, { htm: 'POST', iat: now() - 600 })}`
      expect(await statusOfHead(fields(json(3), [`Content-Length: ${MAX}`]).with(1, stale))).toBe('401')
    })

    test('after a refusal the connection goes on with its next request', async () => {
      const socket = connect(portOf(server), '127.0.0.1')
      let text = ''
      socket.on('data', (chunk: Buffer) => (text += chunk.toString()))
      const content = json(3 * MAX)
      socket.write(headOf({ method: 'POST', fields: fields(content, ['Transfer-Encoding: chunked']) }, 'keep-alive'))
      socket.write(chunked(content, 65_536))
      socket.write(headOf({ fields: [...honest(of), digestOf(EMPTY)] }))
      await new Promise((resolve) => socket.on('close', resolve))
      expect(text.match(/(?<=HTTP\/1\.1 )\d+/g)).toEqual(['413', '200'])
    })

    test('an upload that breaks off is refused, and remembered as that', async () => {
      receipts.length = 0
      const socket = connect(portOf(server), '127.0.0.1')
      socket.on('error', () => undefined)
      socket.write(headOf({ method: 'POST', fields: fields(json(1_000), ['Content-Length: 1000']) }))
      socket.write('["abc', () => socket.destroy())
      await expect.poll(() => receipts.map(({ code }) => code)).toEqual(['request.content-digest'])
    })

    test('on an observed route refused content reaches the parser all the same', async () => {
      opened.upkeep.reload(signed(routed({ body: 'covered', observeUntil: now() + 60 })))
      const answers = [await post(json(100), json(101)), await post(json(MAX + 1)), await postChunked(json(3 * MAX), 100_000)]
      opened.upkeep.reload(signed(COVERED))
      expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
      expect(answers.map(lengthOf)).toEqual([100, MAX + 1, 3 * MAX])
    })

    if (name !== 'Fetch')
      test('a proof among the trailers of covered content', async () => {
        expect(codeOf(await postChunked(json(100), 10, ['DPoP: x']))).toEqual([400, 'request.trailer'])
        expect((await postChunked(json(100), 10, ['X-Sum: 1'])).status).toBe(200)
      })

    if (!WITHOUT_HTTP2.has(name))
      test('over HTTP/2 as well', async () => {
        const http2 = serveHttp2(opened)
        await listen(http2)
        const headers = (content: Buffer) => ({
          ':method': 'POST',
          authorization: `DPoP ${of}`,
          dpop: proof(of, { htm: 'POST' }),
          ...(content.length === 0 ? {} : { 'content-type': 'application/json' }),
          'content-digest': digestOf(content).slice('Content-Digest: '.length),
        })
        const statuses: number[] = []
        for (const content of [json(2), json(1_000), json(70_000), json(MAX), json(MAX + 1), EMPTY]) {
          statuses.push((await sendOverHttp2(http2, headers(content), content)).status)
        }
        const spoiled = await sendOverHttp2(http2, headers(json(100)), json(101))
        const without = await sendOverHttp2(http2, { ...headers(EMPTY), ':method': 'GET', dpop: proof(of) })
        http2.close()
        expect([...statuses, spoiled.status, without.status]).toEqual([200, 200, 200, 200, 413, 200, 400, 200])
      })
  })
}
