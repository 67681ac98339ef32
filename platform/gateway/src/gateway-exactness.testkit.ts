import type { IncomingMessage } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createServer, type AddressInfo } from 'node:net'
import { afterAll, afterEach, describe, expect, test } from 'vitest'
import { behind } from './several-hops.testkit.js'
import { startEdge, type RealGateway } from './gateway-contract.testkit.js'
import { ask } from './gateway-tls.testkit.js'
import { BASE, certificates, credentials, edgeSlice, KEYS, send, valuesOf } from './gateway.testkit.js'

export type ExactTraits = {
  /** Whether a request with an absolute target is decided by its path, or refused. */
  readonly absoluteTargets: 'decided' | 'refused'
  /** Whether trailers that nobody announced go no further. An application must not make fields of them in either case. */
  readonly dropsTrailers: boolean
}

const PATHS = ["/orders/a'b(c)!*", '/orders/%7Ea/%41%2f', '/orders//a/', '/orders/a?', '/orders/a?b={c}&d=%2F%252f', '/orders/a;b=c/=@:,$']
const linesOf = (fields: readonly string[]): string[] => fields.filter((_, at) => at % 2 === 0).map((name, at) => `${name}: ${fields[2 * at + 1]}`)

/** Bytes of the target, framing, and how often anybody is asked. */
export function gatewayExactness(gateway: RealGateway, traits: ExactTraits): void {
  describe.skipIf(!gateway.isInstalled)(`exactly, through the real ${gateway.product}`, () => {
    let edge: Awaited<ReturnType<typeof startEdge>> | undefined
    const up = async () => (edge ??= await startEdge(gateway))
    afterEach(() => {
      if (!edge) return
      edge.orders.received.length = 0
      edge.orders.handle = undefined
    })
    afterAll(() => edge?.close())

    for (const path of PATHS) {
      test(`the application gets the path that was decided: ${path}`, async () => {
        const { port, orders } = await up()
        const answer = await send(port, 'GET', path, credentials({ htu: BASE + path.replace(/\?.*/, '') }))
        expect([answer.status, orders.received.map(({ url }) => url)]).toEqual([200, [path]])
      })
    }

    test(`an absolute target is ${traits.absoluteTargets}`, async () => {
      const { port, orders } = await up()
      const lines = ['Host: api.test', 'Connection: close', ...linesOf(credentials())]
      const { status } = await ask(port, [`GET ${BASE}/orders/1 HTTP/1.1`, ...lines], {})
      const urls = orders.received.map(({ url }) => url)
      expect([status === 200, urls]).toEqual(traits.absoluteTargets === 'decided' ? [true, ['/orders/1']] : [false, []])
    })

    test('a refused HEAD has no content, and the connection goes on', async () => {
      const { port, orders } = await up()
      const next = ['GET /orders/1 HTTP/1.1', 'Host: api.test', 'Connection: close', ...linesOf(credentials())]
      const { status, body } = await ask(port, ['HEAD /orders/1 HTTP/1.1', 'Host: api.test', '', ...next], {})
      expect([status, body.slice(0, 12)]).toEqual([401, 'HTTP/1.1 200'])
      expect(orders.received).toHaveLength(1)
    })

    test('a trailer that says what it will be is refused, and no other becomes a field', async () => {
      const { port, orders } = await up()
      const trailers: string[][] = []
      orders.handle = (request: IncomingMessage, response) => void request.resume().on('end', () => (trailers.push(request.rawTrailers), response.end()))
      const post = (...more: readonly string[]) => {
        const lines = ['POST /orders/1 HTTP/1.1', 'Host: api.test', 'Connection: close', 'Transfer-Encoding: chunked', ...more]
        return ask(port, [...lines, ...linesOf(credentials({ htm: 'POST' })), '', '1', 'x', '0', 'X-User: admin'], {})
      }
      expect((await post('Trailer: X-User')).status).toBe(400)
      expect(orders.received).toEqual([])
      expect((await post()).status).toBe(200)
      expect(orders.received.flatMap(({ rawHeaders }) => valuesOf(rawHeaders, 'x-user'))).toEqual([])
      if (traits.dropsTrailers) expect(trailers.flat()).toEqual([])
    })

    for (const [what, says] of [
      ['drops the connection', ''],
      ['answers half', 'HTTP/1.1 200 OK\r\nEveryhop-Verdict: pass\r\n'],
      ['says nothing', undefined],
    ] as const) {
      test(`a service that ${what} is asked once`, async () => {
        const running = await up()
        await running.service.close(0)
        let asked = 0
        const stand = createServer((connection) => {
          connection.on('error', () => undefined)
          connection.once('data', () => {
            asked++
            if (says !== undefined) connection.end(says)
          })
        })
        await new Promise<void>((resolve) => stand.listen(running.socket, resolve))
        expect((await send(running.port, 'GET', '/orders/1', credentials())).status).toBe(503)
        await new Promise((resolve) => stand.close(resolve))
        running.service = await running.serve()
        expect([asked, running.orders.received]).toEqual([1, []])
      })
    }

    test('a next hop that was away is back with its next request', async () => {
      const { port, orders } = await up()
      orders.handle = (request) => request.socket.destroy()
      for (let times = 0; times < 3; times++) expect((await send(port, 'GET', '/orders/1', credentials())).status).toBeGreaterThanOrEqual(502)
      orders.handle = undefined
      expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
      expect(orders.received).toHaveLength(4)
    })

    for (const [what, name, isTaken] of [
      ['with its own name', 'localhost', true],
      ['with the name of another', 'other.test', false],
    ] as const) {
      test(`a next hop over https, ${what}: ${isTaken ? 'taken' : 'refused'}`, async () => {
        const [pki, inner] = await Promise.all([certificates(), certificates(name)])
        const seen: (string | undefined)[] = []
        const server = createHttps({ cert: inner.server.cert, key: inner.server.key }, (request, response) => {
          seen.push(request.headers.host)
          response.end('over TLS')
        })
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
        const authority = `localhost:${(server.address() as AddressInfo).port}`
        const hop = await behind(gateway)({
          slice: edgeSlice({ next: { mode: 'attested', hops: [{ hop: 'orders', authority }] } }),
          key: KEYS.edge.privateKey,
          pki,
          upstreams: { orders: `https://${authority}` },
          upstreamCa: inner.files.certificate,
        })
        const answer = await send(hop.port, 'GET', '/orders/1', credentials())
        expect([answer.status === 200, answer.body === 'over TLS', seen]).toEqual([isTaken, isTaken, isTaken ? [authority] : []])
        await hop.close()
        server.closeAllConnections()
        await new Promise((resolve) => server.close(resolve))
      })
    }
  })
}
