import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { connect as connectHttp2, createServer as createHttp2Server } from 'node:http2'
import { connect, type Socket } from 'node:net'
import { PassThrough } from 'node:stream'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import type { Receipt } from '@everyhop/proof'
import { createMemoryRevocationStore, type RevocationStore } from '@everyhop/verifier'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { describe, expect, test } from 'vitest'
import { guard as expressGuard } from './express.js'
import { guard as fastifyGuard } from './fastify.js'
import { guard as fetchGuard } from './fetch.js'
import type { GuardOptions } from './guard-options.js'
import { honest, now, options, proof, token } from './guard.testkit.js'
import { guard as honoGuard, type GuardEnv } from './hono.js'
import { guard as koaGuard } from './koa.js'
import { guard } from './node.js'
import { headOf, listen, portOf } from './wire.testkit.js'

/** A request is judged once, a stream for as long as it lasts: what stays open is closed when what it was let in for is revoked. */

const FIRST = 'data: first\n\n'
const EVENTS = { 'content-type': 'text/event-stream' }

const begin = (response: Pick<ServerResponse, 'writeHead' | 'write'>): void => {
  response.writeHead(200, EVENTS)
  response.write(FIRST)
}

type Listener = (request: IncomingMessage, response: ServerResponse) => unknown

/** Each sends a first event and never ends. */
const STREAMS: Readonly<Record<string, (options: GuardOptions) => Promise<Listener>>> = {
  'node:http': async (given) => {
    const check = guard(given)
    return async (request, response) => (await check(request, response)) && begin(response)
  },
  Express: async (given) => {
    const app = express().use(expressGuard(given))
    app.get('/orders/:id', (_, response) => begin(response))
    return app
  },
  Fastify: async (given) => {
    const app = Fastify()
    app.addHook('onRequest', fastifyGuard(given))
    app.get('/orders/:id', (_, reply) => {
      reply.hijack()
      begin(reply.raw)
    })
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  Koa: async (given) => {
    const app = new Koa()
    app.silent = true
    app.use(koaGuard(given))
    app.use((context) => {
      context.set(EVENTS)
      const events = new PassThrough()
      events.write(FIRST)
      context.body = events
    })
    return app.callback()
  },
  Hono: async (given) => {
    const app = new Hono<GuardEnv>()
    app.use(honoGuard(given))
    app.get('/orders/:id', () => new Response(new ReadableStream({ start: (events) => events.enqueue(Buffer.from(FIRST)) }), { headers: EVENTS }))
    return getRequestListener((request, env) => app.fetch(request, env as HttpBindings))
  },
  Fetch: async (given) => {
    const check = fetchGuard(given)
    return getRequestListener(async (request) => {
      const admitted = await check(request)
      if (admitted instanceof Response) return admitted
      const start = (events: ReadableStreamDefaultController): void => {
        events.enqueue(Buffer.from(FIRST))
        admitted.watch?.(() => events.close())
      }
      return new Response(new ReadableStream({ start }), { headers: EVENTS })
    })
  },
}

const guarded = (revocations: RevocationStore): GuardOptions => ({ ...options(), revocations })
const storeOf = () => createMemoryRevocationStore({ since: 'always' })
const revokeShop = (store: RevocationStore) => store.revoke([{ kind: 'client', id: 'shop', until: now() + 600 }])

/** Resolves once this text has come. */
const read = (socket: Socket, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    let all = ''
    socket.on('data', (chunk) => {
      all += chunk.toString()
      if (all.includes(text)) resolve(all)
    })
    socket.on('close', () => reject(new Error(`closed after: ${all}`)))
  })
const closed = (emitter: { once: (event: 'close', listener: () => void) => unknown }): Promise<void> => new Promise((resolve) => emitter.once('close', resolve))

describe('a stream of events is cut off when its client is revoked', () => {
  test.each(Object.entries(STREAMS))('%s', async (_, open) => {
    const store = storeOf()
    const listener = await open(guarded(store))
    const server = createServer((request, response) => void listener(request, response))
    await listen(server)
    const socket = connect(portOf(server), '127.0.0.1')
    socket.write(headOf({ fields: honest() }))
    expect(await read(socket, FIRST)).toContain(FIRST)
    const end = closed(socket)
    await revokeShop(store)
    await end
    server.close()
  })

  test('over HTTP/2 only the stream, not the connection', async () => {
    const store = storeOf()
    const check = guard(guarded(store))
    const server = createHttp2Server((request, response) => {
      void check(request, response).then((mayPass) => mayPass && begin(response as never))
    })
    await listen(server)
    const session = connectHttp2(`http://127.0.0.1:${portOf(server)}`)
    const of = token()
    const stream = session.request({ ':path': '/orders/1', authorization: `DPoP ${of}`, dpop: proof(of) })
    stream.on('error', () => undefined)
    expect(await new Promise((resolve) => stream.once('data', (chunk: Buffer) => resolve(chunk.toString())))).toBe(FIRST)
    const end = closed(stream)
    await revokeShop(store)
    await end
    expect(session.destroyed).toBe(false)
    session.close()
    server.close()
  })
})

describe('upgrades', () => {
  const upgrading = async (store: RevocationStore): Promise<Server> => {
    const check = guard(guarded(store))
    const server = createServer()
    server.on('upgrade', (request, socket) => {
      void check.upgrade(request, socket).then((mayPass) => {
        if (mayPass) socket.write(`HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: test\r\n\r\n${request.proof?.client}`)
      })
    })
    await listen(server)
    return server
  }
  const ask = (server: Server, fields: readonly string[]): Socket => {
    const socket = connect(portOf(server), '127.0.0.1')
    socket.write(headOf({ fields: [...fields, 'Upgrade: test'] }, 'Upgrade'))
    return socket
  }

  test('an honest one goes on, until its client is revoked', async () => {
    const store = storeOf()
    const server = await upgrading(store)
    const socket = ask(server, honest())
    expect(await read(socket, 'shop')).toMatch(/^HTTP\/1\.1 101 /)
    const end = closed(socket)
    await revokeShop(store)
    await end
    server.close()
  })

  test('another gets the refusal, and the end of the connection', async () => {
    const server = await upgrading(storeOf())
    const socket = ask(server, [`Authorization: Bearer ${token()}`])
    const answer = await read(socket, '}')
    expect(answer).toMatch(/^HTTP\/1\.1 401 Unauthorized\r\nWWW-Authenticate: DPoP error="invalid_token"/)
    expect(answer).toContain('"code":"token.scheme"')
    await closed(socket)
    server.close()
  })

  test('one that is refused is closed, though its client keeps its half open', async () => {
    const server = await upgrading(storeOf())
    const socket = connect({ port: portOf(server), host: '127.0.0.1', allowHalfOpen: true })
    socket.write(headOf({ fields: ['Upgrade: test'] }, 'Upgrade'))
    await read(socket, '}')
    await expect.poll(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count)))).toBe(0)
    socket.destroy()
    server.close()
  })

  test.each([
    ['refused', []],
    ['let in', honest()],
  ] as const)('one whose client goes away while it is %s ends no process', async (_, fields) => {
    const check = guard(guarded(storeOf()))
    const server = createServer()
    const upgraded = new Promise<boolean>((resolve) => {
      server.on('upgrade', (request, socket) => {
        const mayPass = check.upgrade(request, socket)
        socket.destroy(new Error('reset'))
        // Where nobody listens the error is thrown out of the stream, and fails this run.
        socket.once('close', () => resolve(mayPass))
      })
    })
    await listen(server)
    ask(server, fields).on('error', () => undefined)
    expect(await upgraded).toBe(false)
    server.close()
  })
})

test('what has ended is watched no more', async () => {
  const store = storeOf()
  const denials: Receipt[] = []
  const check = guard({ ...guarded(store), sink: { append: (receipt) => receipt.decision === 'deny' && denials.push(receipt) } })
  const server = createServer((request, response) => {
    void check(request, response).then((mayPass) => mayPass && (request.headers['x-end'] === undefined ? begin(response) : response.end(FIRST)))
  })
  await listen(server)
  const ask = async (fields: readonly string[]): Promise<Socket> => {
    const socket = connect(portOf(server), '127.0.0.1')
    socket.write(headOf({ fields: [...honest(), ...fields] }, 'keep-alive'))
    await read(socket, FIRST)
    return socket
  }
  const ended = await ask(['X-End: 1'])
  const open = await ask([])
  const end = closed(open)
  await revokeShop(store)
  await end
  expect(denials).toMatchObject([{ code: 'token.revoked', client: 'shop' }])
  ended.destroy()
  server.close()
})
