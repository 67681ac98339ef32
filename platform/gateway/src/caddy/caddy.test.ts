import { afterAll, afterEach, describe, expect, test, vi } from 'vitest'
import { gatewayContract, startEdge } from '../gateway-contract.testkit.js'
import { gatewayFailures } from '../gateway-failure.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { gatewayTls } from '../gateway-tls.testkit.js'
import { BASE, credentials, send } from '../gateway.testkit.js'
import { CADDY } from './caddy.testkit.js'

gatewayContract(CADDY)
gatewayFailures(CADDY)
gatewayStreams(CADDY)
gatewayTls(CADDY, {
  resumes: true,
  withPlainHost: (text) => {
    const [bind, tls] = [/bind .*/, /tls (?:\/\S+ ){2}/].map((line) => line.exec(text)![0])
    const [, port] = /^https:\/\/api\.test:(\d+)/m.exec(text)!
    return `${text}\nhttps://plain.test:${port} {\n\t${bind}\n\t${tls}\n\trespond plain\n}\n`
  },
})

describe.skipIf(!CADDY.isInstalled)('what only Caddy can do wrong', () => {
  let edge: Awaited<ReturnType<typeof startEdge>> | undefined
  const up = async () => (edge ??= await startEdge(CADDY))
  afterEach(() => {
    if (!edge) return
    edge.orders.received.length = 0
    edge.orders.handle = undefined
  })
  afterAll(() => edge?.close())

  test('a request without content is not sent again when the application dies under it', async () => {
    const { port, orders } = await up()
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
    orders.handle = (request) => request.socket.destroy()
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(502)
    expect(orders.received).toHaveLength(2)
  })

  test('what it logs of a failed request holds no token and no proof', async () => {
    const { port, orders, gateway } = await up()
    const fields = credentials()
    orders.handle = (request) => request.socket.destroy()
    expect((await send(port, 'GET', '/orders/1', fields)).status).toBe(502)
    const log = await vi.waitUntil(() => gateway.said!().includes('"uri":"/orders/1"') && gateway.said!(), { timeout: 5_000 })
    for (const value of [fields[1]!.slice(5), fields[3]!]) expect(log).not.toContain(value)
  })

  for (const name of ['x_user', 'X_SSL_CLIENT_CERT', 'everyhop_hop', 'some_thing']) {
    test(`a name with an underscore does not arrive: ${name}`, async () => {
      const { port, orders } = await up()
      expect((await send(port, 'GET', '/orders/1', [...credentials(), name, 'x'])).status).toBe(200)
      expect(orders.received[0]!.rawHeaders.filter((field, at) => at % 2 === 0 && field.includes('_'))).toEqual([])
    })
  }

  for (const path of ["/orders/a'b(c)!*", '/orders/%7Ea/%41%2f', '/orders//a/', '/orders/a?', '/orders/a?b={http.request.host}&c=%2F']) {
    test(`the application gets the path that was decided: ${path}`, async () => {
      const { port, orders } = await up()
      const answer = await send(port, 'GET', path, credentials({ htu: BASE + path.replace(/\?.*/, '') }))
      expect([answer.status, orders.received.map(({ url }) => url)]).toEqual([200, [path]])
    })
  }

  test('too much content does not arrive', async () => {
    const { port, orders } = await up()
    const answer = await send(port, 'POST', '/orders/1', credentials({ htm: 'POST' }), { body: 'x'.repeat(11_000_000) }).catch(() => undefined)
    // Caddy 2.6 makes 502 of its own 413.
    expect(answer === undefined || answer.status >= 400).toBe(true)
    expect(orders.received).toEqual([])
  })
})
