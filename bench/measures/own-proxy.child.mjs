import { createPrivateKey } from 'node:crypto'
import { Agent } from 'node:http'
import { createServer as createHttps } from 'node:https'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'

/**
 * One proxy in a process of its own, or the application behind them all. Sends its port; then, when it is asked, its CPU time and memory.
 * Each loads what it needs and no more. The proxies end TLS and keep their connections to the application; two have the fastest peer's DPoP check in front.
 */
const { kind, application, certificate, key, ...set } = JSON.parse(process.argv[2] ?? '{}')
const CONNECTIONS = 256
const FASTEST_PEER = 'auth0'
/** Longer than the others' turns: who measures keeps its connections. */
const KEPT_MS = 600_000

/** @type {Readonly<Record<string, () => Promise<number>>>} */
const KINDS = { application: answer, bare, own, 'http-proxy': withHttpProxy, fastify: withFastify }
process.send?.(await KINDS[kind]?.())
process.on('message', () => {
  globalThis.gc?.()
  const { rss, heapUsed } = process.memoryUsage()
  process.send?.({ ...process.cpuUsage(), rss, heapUsed })
})
process.on('disconnect', () => process.exit())

/** @param {import('node:net').Server} server
 * @returns {Promise<number>} */
function listening(server) {
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(/** @type {import('node:net').AddressInfo} */ (server.address()).port)))
}

/** Answers each head that ends, and looks at nothing else: the machine's time is for the proxies. */
function answer() {
  const says = Buffer.from('HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok')
  const end = Buffer.from('\r\n\r\n')
  const server = createServer({ noDelay: true }, (socket) => {
    socket.on('error', () => socket.destroy())
    socket.on('data', (bytes) => {
      for (let at = bytes.indexOf(end); at !== -1; at = bytes.indexOf(end, at + end.length)) socket.write(says)
    })
  })
  return listening(server)
}

/** `node:http` and undici, as little as a proxy can be. */
async function bare() {
  const { Pool } = await import('undici')
  const pool = new Pool(`http://127.0.0.1:${application}`, { connections: CONNECTIONS })
  const server = createHttps({ cert: certificate, key, keepAliveTimeout: KEPT_MS }, (request, response) => {
    pool.dispatch(
      { path: request.url ?? '', method: /** @type {any} */ (request.method), headers: request.rawHeaders, body: null },
      {
        onConnect() {},
        onHeaders(status, raw, resume, text) {
          response.writeHead(
            status,
            text,
            raw.map((value) => value.toString('latin1')),
          )
          response.on('drain', resume)
          return true
        },
        onData: (chunk) => response.write(chunk),
        onComplete: () => void response.end(),
        onError: () => void response.destroy(),
      },
    )
  })
  return listening(server)
}

async function own() {
  const { createProxy } = await import('@everyhop/gateway')
  const { fetchKeys } = await import('../everyhop.mjs')
  const proxy = await createProxy({
    slice: { slice: set.slice, digest: 'bench' },
    key: createPrivateKey({ key: set.hop, format: 'jwk' }),
    fetch: fetchKeys(/** @type {any} */ ({ jwks: set.jwks })),
    tls: { servers: [{ certificate, key }] },
    upstreams: { orders: `127.0.0.1:${application}` },
    deadlineMs: 10_000,
    limits: { maxInFlight: 4_096, maxRequestsPerConnection: 1_000_000_000, idleTimeoutMs: KEPT_MS },
  })
  await proxy.ready()
  return Number(new URL(proxy.url).port)
}

/** @returns {Promise<(request: import('node:http').IncomingMessage) => Promise<boolean>>} */
async function checked() {
  const { peer } = await import(`../peers/${FASTEST_PEER}.mjs`)
  const { native, accepts } = await peer.open(/** @type {any} */ ({ world: { jwks: set.jwks }, jwksUri: set.jwksUri }))
  /** @param {import('node:http').IncomingMessage} request */
  return ({ method = '', url = '', rawHeaders }) => {
    const headers = rawHeaders.flatMap((name, index) => (index % 2 === 0 ? [/** @type {const} */ ([name, rawHeaders[index + 1] ?? ''])] : []))
    return accepts(native({ method, target: url, headers })).catch(() => false)
  }
}

async function withHttpProxy() {
  const isGood = await checked()
  // It has no types of its own.
  const httpProxy = createRequire(import.meta.url)('http-proxy')
  const proxy = httpProxy.createProxyServer({ target: `http://127.0.0.1:${application}`, agent: new Agent({ keepAlive: true, maxSockets: CONNECTIONS }) })
  proxy.on('error', (/** @type {unknown} */ _, /** @type {unknown} */ __, /** @type {import('node:http').ServerResponse} */ response) => response.destroy())
  // It sends on `Connection: close` by default, and so would lose what it keeps open.
  proxy.on('proxyReq', (/** @type {import('node:http').ClientRequest} */ outgoing) => outgoing.setHeader('Connection', 'keep-alive'))
  const server = createHttps({ cert: certificate, key, keepAliveTimeout: KEPT_MS }, (request, response) => {
    void isGood(request).then((good) => (good ? proxy.web(request, response) : response.writeHead(401).end()))
  })
  return listening(server)
}

async function withFastify() {
  const isGood = await checked()
  const { default: Fastify } = await import('fastify')
  const { default: fastifyProxy } = await import('@fastify/http-proxy')
  const app = Fastify({ https: { cert: certificate, key }, keepAliveTimeout: KEPT_MS })
  await app.register(fastifyProxy, {
    upstream: `http://127.0.0.1:${application}`,
    undici: { connections: CONNECTIONS },
    preHandler: (request, reply, done) => void isGood(request.raw).then((good) => (good ? done() : reply.code(401).send())),
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  return /** @type {import('node:net').AddressInfo} */ (app.server.address()).port
}
