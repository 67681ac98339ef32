import { createHash, randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { connect as connectHttp2, type ClientHttp2Stream } from 'node:http2'
import { request as httpsRequest } from 'node:https'
import { connect as connectTls } from 'node:tls'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { startEdge, type OwnGateway, type RealGateway } from './gateway-contract.testkit.js'
import { credentials, send, valuesOf } from './gateway.testkit.js'

const ORDER = '/orders/1'
const once = <T>() => {
  let resolve: (value: T) => void = () => undefined
  const promise = new Promise<T>((done) => (resolve = done))
  return { promise, resolve }
}

/** Content and connections that last: uploads, streams in both directions, WebSocket, HTTP/2. */
export function gatewayStreams(gateway: RealGateway | OwnGateway): void {
  describe.skipIf(!gateway.isInstalled)(`through the real ${gateway.product}: what lasts`, () => {
    let edge: Awaited<ReturnType<typeof startEdge>> | undefined
    const up = async () => (edge ??= await startEdge(gateway))
    afterEach(() => {
      if (!edge) return
      edge.orders.received.length = 0
      edge.orders.upgraded.length = 0
      edge.orders.handle = undefined
    })
    afterAll(() => edge?.close())

    test('an upload of 5 MB arrives as it was sent', async () => {
      const { port, orders } = await up()
      const digest = once<string>()
      orders.handle = (request, response) => {
        const hash = createHash('sha256')
        request.on('data', (chunk: Buffer) => hash.update(chunk)).on('end', () => (digest.resolve(hash.digest('hex')), response.end('stored')))
      }
      const content = randomBytes(5_000_000).toString('latin1')
      const answer = await send(port, 'POST', ORDER, credentials({ htm: 'POST' }), { body: content })
      expect([answer.status, answer.body]).toEqual([200, 'stored'])
      expect(await digest.promise).toBe(createHash('sha256').update(content).digest('hex'))
    })

    test('content without a length goes on while it comes, and the answer comes back while it is made', async () => {
      const { port, orders } = await up()
      const [first, more] = [once<string>(), once<void>()]
      orders.handle = (request, response) => {
        request.once('data', (chunk: Buffer) => first.resolve(chunk.toString()))
        request.once('end', () => {
          response.write('one,')
          void more.promise.then(() => response.end('two'))
        })
        request.resume()
      }
      const request = httpsRequest({ ...clientOf(port), method: 'POST', headers: fieldsOf(credentials({ htm: 'POST' })) })
      const answered = new Promise<IncomingMessage>((resolve, reject) => request.once('response', resolve).once('error', reject))
      request.write('a part')
      expect(await first.promise).toBe('a part')
      request.end(' and the rest')
      const answer = await answered
      let body = ''
      const ended = new Promise((resolve) => answer.once('end', resolve))
      answer.on('data', (chunk: Buffer) => {
        body += chunk.toString()
        if (body === 'one,') more.resolve()
      })
      await ended
      expect(body).toBe('one,two')
    })

    test('the same over HTTP/2', async () => {
      const { port, orders } = await up()
      const [first, more] = [once<string>(), once<void>()]
      orders.handle = (request, response) => {
        request.once('data', (chunk: Buffer) => first.resolve(chunk.toString()))
        request.once('end', () => {
          response.write('one,')
          void more.promise.then(() => response.end('two'))
        })
        request.resume()
      }
      const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: 'api.test', rejectUnauthorized: false })
      const [, authorization, , dpop] = credentials({ htm: 'POST' })
      const stream = session.request({ ':method': 'POST', ':path': ORDER, ':authority': 'api.test', authorization, dpop }, { endStream: false })
      stream.write('a part')
      expect(await first.promise).toBe('a part')
      stream.end()
      expect(await contentOf(stream, (body) => body === 'one,' && more.resolve())).toBe('one,two')
      session.close()
    })

    test('refused content is not passed on, and the connection lives', async () => {
      const { port, orders } = await up()
      const session = connectHttp2(`https://127.0.0.1:${port}`, { servername: 'api.test', rejectUnauthorized: false })
      const ask = (fields: Record<string, string | undefined>) => session.request({ ':method': 'POST', ':path': ORDER, ':authority': 'api.test', ...fields })
      const refused = ask({})
      refused.end('x'.repeat(100_000))
      expect(JSON.parse(await contentOf(refused))).toMatchObject({ code: 'request.uncredentialed' })
      const [, authorization, , dpop] = credentials({ htm: 'POST' })
      const honest = ask({ authorization, dpop })
      honest.end('x')
      expect(await contentOf(honest)).toBe('orders')
      expect(orders.received.map(({ body }) => body)).toEqual(['x'])
      session.close()
    })

    test('a WebSocket opens where the request is honest, attested as any other; then bytes pass', async () => {
      const { port, orders } = await up()
      const socket = await upgrade(port, 'websocket', credentials())
      expect(socket.head).toMatch(/^HTTP\/1\.1 101 /)
      expect(orders.upgraded.map(({ url, rawHeaders }) => [url, valuesOf(rawHeaders, 'everyhop-hop').length])).toEqual([[ORDER, 1]])
      expect(await socket.echo('some bytes')).toBe('some bytes')
      socket.end()
      const refused = await upgrade(port, 'websocket', [])
      expect(refused.head).toMatch(/^HTTP\/1\.1 401 /)
      refused.end()
      expect(orders.upgraded).toHaveLength(1)
    })

    for (const protocol of ['h2c', 'TLS/1.0', 'websocket, h2c']) {
      test(`nothing else leaves HTTP: Upgrade: ${protocol}`, async () => {
        const { port, orders } = await up()
        const answer = await upgrade(port, protocol, credentials())
        answer.end()
        expect(answer.head).not.toMatch(/^HTTP\/1\.1 101 /)
        expect(orders.upgraded).toEqual([])
        expect(orders.received.flatMap(({ rawHeaders }) => valuesOf(rawHeaders, 'upgrade'))).toEqual([])
      })
    }

    test('what may have come in early data is refused so that it is sent again', async () => {
      const { port, orders } = await up()
      const answer = await send(port, 'GET', ORDER, [...credentials(), 'Early-Data', '1'])
      expect([answer.status, (JSON.parse(answer.body) as { code: string }).code]).toEqual([gateway.tooEarly ?? 425, 'request.early-data'])
      expect(orders.received).toEqual([])
    })
  })
}

const clientOf = (port: number) => ({ host: '127.0.0.1', port, path: ORDER, servername: 'api.test', rejectUnauthorized: false, agent: false }) as const
const fieldsOf = (fields: readonly string[]): string[] => ['Host', 'api.test', ...fields, 'Connection', 'close', 'Transfer-Encoding', 'chunked']

function contentOf(stream: ClientHttp2Stream, seen: (body: string) => unknown = () => undefined): Promise<string> {
  return new Promise((resolve, reject) => {
    let body = ''
    stream.on('data', (chunk: Buffer) => seen((body += chunk.toString())))
    stream.once('end', () => resolve(body)).once('error', reject)
  })
}

/** HAProxy takes no handshake without its key. RFC 6455 §4.1. */
const OF_WEBSOCKET = ['Sec-WebSocket-Version: 13', `Sec-WebSocket-Key: ${Buffer.alloc(16, 7).toString('base64')}`]

/** Asks to leave HTTP, over a bare connection. */
export async function upgrade(port: number, protocol: string, fields: readonly string[]) {
  const socket = connectTls({ host: '127.0.0.1', port, servername: 'api.test', rejectUnauthorized: false, ALPNProtocols: ['http/1.1'] })
  const lines = [...fields.keys()].filter((at) => at % 2 === 0).map((at) => `${fields[at]}: ${fields[at + 1]}`)
  let text = ''
  let wanted: { readonly until: (text: string) => boolean; readonly resolve: (text: string) => void } | undefined
  const look = (): void => {
    if (wanted?.until(text)) wanted.resolve(text)
  }
  socket.on('data', (chunk: Buffer) => ((text += chunk.toString()), look())).on('error', () => undefined)
  const read = (until: (text: string) => boolean): Promise<string> =>
    new Promise((resolve) => {
      wanted = { until, resolve }
      look()
    })
  socket.write(
    [`GET ${ORDER} HTTP/1.1`, 'Host: api.test', 'Connection: keep-alive, Upgrade', `Upgrade: ${protocol}`, ...OF_WEBSOCKET, ...lines, '', ''].join('\r\n'),
  )
  const head = await read((all) => all.includes('\r\n\r\n'))
  return {
    head,
    async echo(bytes: string): Promise<string> {
      text = ''
      socket.write(bytes)
      return read((all) => all.length >= bytes.length)
    },
    end: (): void => void socket.destroy(),
  }
}
