import { request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { createServer, type Socket } from 'node:net'
import { connect } from 'node:tls'
import { sha256 } from '@everyhop/proof'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { application, BASE, certificates, credentials, edgeSlice, issuerFetch, KEYS, send, tokenFor, type Application } from '../gateway.testkit.js'
import { createProxy, type ProxyOptions, type ReverseProxy } from './proxy.js'
import { head } from './smuggling/families.testkit.js'
import { startBackend } from './smuggling/naive.testkit.js'
import { rawConnection, statusOf } from './smuggling/raw-client.testkit.js'

/** What a proxy does over its life: names and sessions of TLS, tunnels, limits, reload, drain. */

type Pki = Awaited<ReturnType<typeof certificates>>
let pki: Pki
let other: Pki
let app: Application
beforeAll(async () => {
  ;[pki, other, app] = await Promise.all([certificates(), certificates('other.test'), application()])
})
afterAll(() => app.close())

const closing: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close()
  app.received.length = 0
  app.answer = (response) => response.end('orders')
})

const ROUTES = edgeSlice().slice.routes
const serverOf = ({ server }: Pki) => ({ certificate: server.cert, key: server.key })
const tlsOf = (...all: readonly Pki[]) => ({ servers: all.map(serverOf), clientCa: pki.client.cert })

type Changes = { readonly [name in keyof ProxyOptions]?: ProxyOptions[name] | undefined }

async function up(options: Changes = {}): Promise<ReverseProxy & { readonly port: number }> {
  const proxy = await createProxy({
    slice: edgeSlice(),
    key: KEYS.edge.privateKey,
    fetch: issuerFetch,
    tls: tlsOf(pki),
    upstreams: { orders: app.address },
    ...options,
  } as ProxyOptions)
  closing.push(() => proxy.close(0))
  return { ...proxy, port: Number(new URL(proxy.url).port) }
}
const raw = async (port: number, options?: Parameters<typeof rawConnection>[1]) => {
  const connection = await rawConnection(port, options)
  closing.push(connection.close)
  return connection
}
const BOTH = edgeSlice({ bases: [BASE, 'https://other.test'] })

describe('TLS', () => {
  test('each name has its certificate; a name that has none is refused', async () => {
    const { port } = await up({ slice: BOTH, tls: tlsOf(pki, other) })
    const subject = async (servername: string): Promise<unknown> => {
      const { socket } = await raw(port, { servername })
      return socket.getPeerCertificate().subject.CN
    }
    expect([await subject('api.test'), await subject('other.test')]).toEqual(['api.test', 'other.test'])
    await expect(raw(port, { servername: 'third.test' })).rejects.toThrow(/ECONNRESET|disconnected|alert/)
  })

  test("under the second name a client's certificate is asked for and verified as well", async () => {
    const { port } = await up({ slice: BOTH, tls: tlsOf(pki, other) })
    const { cert, key, der } = pki.client
    const connection = await raw(port, { servername: 'other.test', cert, key })
    const token = tokenFor({ 'x5t#S256': sha256(der) })
    connection.write(`GET /orders/1 HTTP/1.1\r\nHost: other.test\r\nAuthorization: Bearer ${token}\r\n\r\n`)
    expect(statusOf(await connection.answer())).toBe(200)
  })

  test('a request for another name than that of its connection is misdirected', async () => {
    const { port } = await up({ slice: BOTH, tls: tlsOf(pki, other) })
    for (const [servername, host] of [
      ['other.test', 'api.test'],
      ['api.test', 'third.test'],
    ] as const) {
      const connection = await raw(port, { servername })
      connection.write(head('GET', '/orders/1').replace('Host: api.test', `Host: ${host}`))
      expect(statusOf(await connection.answer())).toBe(421)
    }
    expect(app.received).toEqual([])
  })

  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    test(`${version}: no session is resumed, so that no certificate comes without its handshake`, async () => {
      const { port } = await up({ slice: BOTH, tls: tlsOf(pki, other) })
      const { cert, key, der } = pki.client
      const bearer = `Authorization: Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`
      const set = { host: '127.0.0.1', port, rejectUnauthorized: false, minVersion: version, maxVersion: version }
      const first = connect({ ...set, servername: 'api.test', cert, key })
      closing.push(() => first.destroy())
      let session: Buffer | undefined
      first.on('session', (given) => (session = given))
      first.write(`GET /orders/1 HTTP/1.1\r\nHost: api.test\r\n${bearer}\r\n\r\n`)
      const [answer] = await once(first, 'data')
      expect(statusOf(String(answer))).toBe(200)
      const second = connect({ ...set, servername: 'other.test', session: session ?? first.getSession() })
      closing.push(() => second.destroy())
      second.write(`GET /orders/1 HTTP/1.1\r\nHost: other.test\r\n${bearer}\r\n\r\n`)
      const [refused] = await once(second, 'data')
      expect([statusOf(String(refused)), second.isSessionReused()]).toEqual([401, false])
    })
  }
})

describe('a WebSocket', () => {
  const UPGRADE = ['Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 13']
  /** Changes the protocol, and then sends back what comes. */
  async function echo() {
    const heads: string[] = []
    const server = createServer((socket) => {
      closing.push(() => socket.destroy())
      socket.once('data', (bytes) => {
        heads.push(bytes.toString())
        socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n\r\nhello')
        socket.pipe(socket)
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    return { heads, address: `127.0.0.1:${(server.address() as { port: number }).port}` }
  }

  test('is a tunnel after the decision, both ways', async () => {
    const { address, heads } = await echo()
    const { port } = await up({ upstreams: { orders: address } })
    const connection = await raw(port)
    const said = collect(connection.socket)
    connection.write(`${head('GET', '/orders/1', ...UPGRADE)}sent ahead`)
    await said.until('sent ahead')
    connection.write('GET /orders/9 HTTP/1.1\r\n\r\n')
    await said.until('GET /orders/9')
    expect(said.text).toMatch(/^HTTP\/1\.1 101 [\s\S]*sec-websocket-accept: x[\s\S]*hellosent ahead/i)
    expect(heads.map((one) => [/^connection: upgrade\r$/im.test(one), /^signature: /im.test(one)])).toEqual([[true, true]])
  })

  test('that is not allowed, or that the application does not want, is none', async () => {
    const backend = await startBackend()
    closing.push(backend.close)
    const { port } = await up({ upstreams: { orders: backend.address } })
    const without = await raw(port)
    without.write(['GET /orders/1 HTTP/1.1', 'Host: api.test', ...UPGRADE, '', ''].join('\r\n'))
    expect([statusOf(await without.answer()), backend.heads]).toEqual([401, []])
    const unwanted = await raw(port)
    unwanted.write(head('GET', '/orders/1', ...UPGRADE))
    expect(statusOf(await unwanted.answer())).toBe(200)
    await unwanted.ended
  })

  test('counts as a request under way for as long as it lasts', async () => {
    const { address } = await echo()
    const { port } = await up({ upstreams: { orders: address }, limits: { maxInFlight: 1 } })
    const connection = await raw(port)
    const said = collect(connection.socket)
    connection.write(head('GET', '/orders/1', ...UPGRADE))
    await said.until('hello')
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(503)
  })
})

describe('limits', () => {
  const asking = async (limits: ProxyOptions['limits'], ...lines: readonly string[]) => {
    const { port } = await up({ limits: limits! })
    const connection = await raw(port)
    connection.write(head(lines.length > 1 ? 'POST' : 'GET', '/orders/1', ...lines))
    return connection
  }

  test('of the head: bytes and fields', async () => {
    expect(statusOf(await (await asking({ maxHeadBytes: 4_096 }, `X: ${'x'.repeat(4_096)}`)).answer())).toBe(431)
    expect(statusOf(await (await asking({ maxFields: 5 }, 'A: a', 'B: b', 'C: c')).answer())).toBe(431)
    // The limit is known before the head has ended.
    const { port } = await up({ limits: { maxHeadBytes: 1_024 } })
    const connection = await raw(port)
    connection.write(`GET /orders/1 HTTP/1.1\r\nHost: api.test\r\nX: ${'x'.repeat(2_000)}`)
    expect(statusOf(await connection.answer())).toBe(431)
  })

  test('of the content, declared or not', async () => {
    expect(statusOf(await (await asking({ maxBodyBytes: 10 }, 'Content-Length: 11', 'X: y')).answer())).toBe(413)
    const chunked = await asking({ maxBodyBytes: 10 }, 'Transfer-Encoding: chunked', 'X: y')
    chunked.write('b\r\n')
    expect(statusOf(await chunked.answer())).toBe(413)
    expect(app.received).toEqual([])
  })

  test('of the requests of a connection', async () => {
    const { port } = await up({ limits: { maxRequestsPerConnection: 2 } })
    const connection = await raw(port)
    connection.write(head('GET', '/orders/1') + head('GET', '/orders/2') + head('GET', '/orders/3'))
    expect([statusOf(await connection.answer()), statusOf(await connection.answer())]).toEqual([200, 200])
    await connection.ended
    expect(app.received.map(({ url }) => url)).toEqual(['/orders/1', '/orders/2'])
  })

  test('of the requests of a connection of HTTP/2, and of the time that one may take', async () => {
    const { port } = await up({ limits: { maxRequestsPerConnection: 2, requestTimeoutMs: 400 } })
    const session = connectHttp2(`https://127.0.0.1:${port}`, { rejectUnauthorized: false })
    const closed = new Promise((resolve) => session.once('close', resolve))
    const ask = (method: string) => {
      const [, authorization, , dpop] = credentials({ htm: method })
      return session.request({ ':method': method, ':path': '/orders/1', ':authority': 'api.test', authorization, dpop }, { endStream: method === 'GET' })
    }
    const [answered] = await once(ask('GET'), 'response')
    expect(answered).toMatchObject({ ':status': 200 })
    // The second says that it has content, and sends none: it is cut off, and as the last one ends the connection.
    const slow = ask('POST')
    await new Promise((resolve) => slow.on('error', () => undefined).once('close', resolve))
    await closed
    expect([slow.rstCode, app.received.length]).toEqual([8, 1])
  })

  test('of connections', async () => {
    const { port } = await up({ limits: { maxConnections: 1 } })
    await raw(port)
    await expect(raw(port)).rejects.toThrow(/ECONN|disconnected|hang up/)
  })

  test('of time: a head, a content, silence', async () => {
    const { port } = await up({ limits: { headersTimeoutMs: 400, requestTimeoutMs: 400, idleTimeoutMs: 400 } })
    const [silent, slowHead, slowContent] = [await raw(port), await raw(port), await raw(port)]
    slowHead.write('GET /orders/1 HTTP/1.1\r\n')
    slowContent.write(`${head('POST', '/orders/1', 'Content-Length: 2')}x`)
    await Promise.all([silent.ended, slowHead.ended, slowContent.ended])
    expect(app.received).toEqual([])
  })

  test('of patience with the next hop', async () => {
    app.answer = () => undefined
    const { port } = await up({ limits: { upstreamTimeoutMs: 50 } })
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(504)
    expect(app.received).toHaveLength(1)
  })

  test('what is none', async () => {
    await expect(up({ limits: { maxInFlight: 0 } })).rejects.toThrow('maxInFlight must be a whole number above 0')
    await expect(up({ limits: { maxInFlights: 1 } as never })).rejects.toThrow('there is no limit maxInFlights')
  })
})

describe('a next hop that dies', () => {
  test('gets no proof twice', async () => {
    const heads: string[] = []
    const server = createServer((socket: Socket) => {
      socket.on('error', () => undefined)
      socket.on('data', (bytes) => {
        heads.push(bytes.toString())
        // The first request is answered, the next finds its connection dead.
        if (heads.length === 1) socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok')
        else socket.destroy()
      })
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    closing.push(() => server.close())
    const { port } = await up({ upstreams: { orders: `127.0.0.1:${(server.address() as { port: number }).port}` } })
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(502)
    const proofs = heads.flatMap((one) => /^dpop: (.*)$/im.exec(one)?.[1] ?? [])
    expect([proofs.length, new Set(proofs).size]).toEqual([2, 2])
  })

  test('in the middle of an answer cuts that off, and nobody takes it for whole', async () => {
    app.answer = (response) => {
      response.writeHead(200, { 'Content-Length': '10' }).write('orde')
      setImmediate(() => response.destroy())
    }
    const { port } = await up()
    const connection = await raw(port)
    connection.write(head('GET', '/orders/1'))
    expect(await connection.answer()).toMatch(/^HTTP\/1\.1 200 [\s\S]*orde$/)
    await connection.ended
  })
})

describe('reload', () => {
  test('a certificate takes over; connections of before end with their request', async () => {
    const { port, reload } = await up()
    const before = await raw(port)
    before.write(head('GET', '/orders/1'))
    expect(statusOf(await before.answer())).toBe(200)
    const renewed = await certificates()
    reload(edgeSlice(), { tls: { servers: [serverOf(renewed)], clientCa: pki.client.cert } })
    await before.ended
    const after = await raw(port)
    expect(after.socket.getPeerX509Certificate()?.raw).toEqual(renewed.server.der)
  })

  test('under load: no honest request is lost, and none without proof gets through', async () => {
    const { port, reload } = await up()
    const count = 60
    const statuses = await Promise.all(
      Array.from({ length: 2 * count }, async (_, index) => {
        if (index % 10 === 0) reload(edgeSlice({ manifest: `m${index}` }), { tls: tlsOf(pki) })
        const fields = index % 2 === 0 ? credentials() : credentials({ ath: 'x' })
        return (await send(port, 'GET', '/orders/1', fields)).status
      }),
    )
    const honest = statuses.filter((__, index) => index % 2 === 0)
    // A request that is judged while its slice is replaced may be told to come again, never let through.
    expect(honest.filter((status) => status !== 200 && status !== 503)).toEqual([])
    expect(statuses.filter((__, index) => index % 2 === 1)).toEqual(Array.from({ length: count }, () => 401))
    expect(app.received).toHaveLength(honest.filter((status) => status === 200).length)
  })

  test('what is no good changes nothing', async () => {
    const { port, reload } = await up()
    const slice = edgeSlice({ routes: [{ ...ROUTES[0]!, pattern: '/none/**' }] })
    const bad = { servers: [{ certificate: pki.server.cert, key: other.server.key }], clientCa: pki.client.cert }
    expect(() => reload(slice, { tls: bad })).toThrow('is not that of the certificate')
    expect(() => reload(slice, { tls: { ...bad, servers: [{ certificate: 'x', key: 'y' }] } })).toThrow('PEM')
    expect(() => reload(slice, { tls: { servers: [serverOf(pki)] } })).toThrow('CA of client certificates')
    expect(() => reload(edgeSlice({ hop: 'side' }))).toThrow('of hop side')
    expect(() => reload(edgeSlice({ next: { mode: 'attested', hops: [{ hop: 'orders', authority: 'orders.internal', ingress: 'ftp://x' }] } }))).not.toThrow()
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(200)
    reload(slice)
    expect((await send(port, 'GET', '/orders/1', credentials())).status).toBe(403)
  })
})

test('drain: what is under way ends, idle connections end at once, and nobody else is let in', async () => {
  const proxy = await up({ admin: { port: 0 } })
  await proxy.ready()
  const health = async (path: string) => (await fetch(`${proxy.adminUrl}${path}`)).status
  expect([await health('/healthz'), await health('/readyz'), await health('/other')]).toEqual([200, 200, 404])
  let release: () => void = () => undefined
  const asked = new Promise<void>((resolve) => {
    app.answer = (response) => {
      release = () => void response.end('late')
      resolve()
    }
  })
  const idle = await raw(proxy.port)
  const busy = await raw(proxy.port)
  const session = connectHttp2(`https://127.0.0.1:${proxy.port}`, { rejectUnauthorized: false })
  await once(session, 'connect')
  busy.write(head('GET', '/orders/1'))
  await asked
  const closed = proxy.close()
  await Promise.all([idle.ended, new Promise((resolve) => session.once('close', resolve))])
  expect([await health('/healthz'), await health('/readyz')]).toEqual([200, 503])
  await expect(raw(proxy.port)).rejects.toThrow('ECONNREFUSED')
  release()
  const answer = await busy.answer()
  expect([statusOf(answer), /^connection: close\r$/im.test(answer), answer.endsWith('late')]).toEqual([200, true, true])
  await closed
})

test('metrics: what came, what became of it, without a word of a request', async () => {
  const proxy = await up({ admin: { port: 0 } })
  await send(proxy.port, 'GET', '/orders/1', credentials())
  await send(proxy.port, 'GET', '/orders/1', [])
  const bad = await raw(proxy.port)
  bad.write('GET / HTTP/1.1\nHost: api.test\n\n')
  await bad.answer()
  const text = await (await fetch(`${proxy.adminUrl}/metrics`)).text()
  for (const line of [
    'everyhop_proxy_requests_total{outcome="passed"} 1',
    'everyhop_proxy_requests_total{outcome="refused"} 1',
    'everyhop_proxy_refusals_total{status="401"} 1',
    'everyhop_proxy_malformed_total{defect="line-end"} 1',
    'everyhop_proxy_requests_in_flight 0',
    'everyhop_proxy_decision_seconds_count 2',
  ]) {
    expect(text.split('\n')).toContain(line)
  }
})

test('plain HTTP: on loopback, or where only hops come that attest', async () => {
  const open = { slice: edgeSlice({ routes: [{ ...ROUTES[0]!, bindings: ['dpop'] }] }), tls: undefined }
  await expect(up({ ...open, host: '0.0.0.0' })).rejects.toThrow('give it a certificate')
  await expect(up({ ...open, slice: edgeSlice() })).rejects.toThrow('CA of client certificates')
  const { port } = await up(open)
  const ask = (host: string) =>
    new Promise<number | undefined>((resolve, reject) => {
      const headers = ['Host', host, ...credentials()]
      request({ host: '127.0.0.1', port, path: '/orders/1', headers }, (response) => resolve(response.resume().statusCode))
        .once('error', reject)
        .end()
    })
  expect([await ask('api.test'), await ask(`127.0.0.1:${port}`)]).toEqual([200, 421])
})

function once(from: { once: (event: string, listener: (...values: unknown[]) => void) => unknown }, event: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    from.once(event, (...values) => resolve(values))
    from.once('error', reject)
  })
}

function collect(socket: Pick<Socket, 'on'>) {
  const said = { text: '' }
  let look: () => void = () => undefined
  socket.on('data', (bytes: Buffer) => {
    said.text += bytes.toString('latin1')
    look()
  })
  const until = (part: string) =>
    new Promise<void>((resolve) => {
      look = () => said.text.includes(part) && resolve()
      look()
    })
  return Object.assign(said, { until })
}
