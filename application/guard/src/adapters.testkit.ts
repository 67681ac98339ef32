import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttp2Server, type Http2Server } from 'node:http2'
import type { TLSSocket } from 'node:tls'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import { bodyParser } from '@koa/bodyparser'
import express from 'express'
import express4, { type RequestHandler as Express4Handler } from 'express4'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import mount from 'koa-mount'
import { guard as expressGuard } from './express.js'
import { guard as fastifyGuard } from './fastify.js'
import { guard as fetchGuard } from './fetch.js'
import type { GuardOptions } from './guard-options.js'
import { told } from './guard.testkit.js'
import { guard as honoGuard, type GuardEnv } from './hono.js'
import { guard as koaGuard } from './koa.js'
import { guard as nodeGuard } from './node.js'
import type { Upkeep } from './open-guard.js'

/**
 * Every framework with its usual body parser behind the guard, each mounted the way it mounts: the guard has to see the target
 * from before a prefix was cut.
 */
export type Opened = { readonly listener: (request: IncomingMessage, response: ServerResponse) => unknown; readonly upkeep: Upkeep }
export type Open = (options: GuardOptions) => Promise<Opened>

export const serve = ({ listener }: Opened): Server => createServer((request, response) => void listener(request, response))
/** Cleartext HTTP/2: its request and response are those of `node:http` as far as frameworks use them. */
export const serveHttp2 = ({ listener }: Opened): Http2Server => createHttp2Server((request, response) => void listener(request as never, response as never))

const MAX_BODY = '4mb'
const MAX_BODY_BYTES = 4_194_304

/** Express has no HTTP/2: its request and response are those of `node:http` by inheritance. */
export const WITHOUT_HTTP2: ReadonlySet<string> = new Set(['Express 4', 'Express 5', 'Koa 3 in Express 5'])

export const ADAPTERS: Readonly<Record<string, Open>> = {
  'node:http': async (given) => {
    const check = nodeGuard(given)
    const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
      if (!(await check(request, response))) return
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString()
      response.end(told(request.proof, text === '' ? undefined : JSON.parse(text)))
    }
    return { listener: (request, response) => void answer(request, response), upkeep: check }
  },
  'Express 5': async (given) => {
    const check = expressGuard(given)
    const router = express.Router()
    router.use(check)
    router.use(express.json({ limit: MAX_BODY }))
    router.use('/{*rest}', (request, response) => void response.send(told(request.proof, request.body)))
    return { listener: express().use('/orders', router), upkeep: check }
  },
  'Express 4': async (given) => {
    const check = expressGuard(given)
    const router = express4.Router()
    // Where Express 4 is installed as `express`, its own types stand behind the guard's.
    router.use(check as unknown as Express4Handler)
    router.use(express4.json({ limit: MAX_BODY }))
    router.use('/*', (request, response) => void response.send(told(request.proof, contentOf(request) ? request.body : undefined)))
    return { listener: express4().use('/orders', router), upkeep: check }
  },
  'Fastify 5': async (given) => {
    const check = fastifyGuard(given)
    const app = Fastify({ rewriteUrl: ({ url = '' }) => url.replace('/orders', '/v1/items'), bodyLimit: MAX_BODY_BYTES })
    app.register(
      async (scope) => {
        scope.addHook('onRequest', check)
        scope.all('/*', (request, reply) => reply.send(told(request.proof, request.body)))
      },
      { prefix: '/v1' },
    )
    await app.ready()
    return { listener: (request, response) => app.routing(request, response), upkeep: check }
  },
  'Koa 3': async (given) => {
    const { inner, check } = koaBehind(given)
    const app = new Koa()
    app.silent = true
    return { listener: app.use(mount('/orders', inner)).callback(), upkeep: check }
  },
  'Koa 3 in Express 5': async (given) => {
    const { inner, check } = koaBehind(given)
    return { listener: express().use('/orders', inner.callback()), upkeep: check }
  },
  'Hono 4': async (given) => {
    const check = honoGuard(given)
    const inner = new Hono<GuardEnv>()
    inner.use(check)
    inner.all('/*', async (context) => {
      const text = await context.req.text()
      return new Response(told(context.get('proof'), text === '' ? undefined : JSON.parse(text)))
    })
    const app = new Hono<{ Bindings: HttpBindings }>().mount('/orders', inner.fetch)
    return { listener: getRequestListener((request, env) => app.fetch(request, env as HttpBindings)), upkeep: check }
  },
  'Hono 4 without a prefix': async (given) => {
    const check = honoGuard(given)
    const app = new Hono<GuardEnv>()
    app.use(check)
    app.all('/orders/*', async (context) => {
      const { method } = context.req
      const body = method === 'GET' ? undefined : await context.req.json().catch(() => undefined)
      return new Response(told(context.get('proof'), body))
    })
    return { listener: getRequestListener((request, env) => app.fetch(request, env as HttpBindings)), upkeep: check }
  },
  Fetch: async (given) => {
    const check = fetchGuard(given)
    const listener = getRequestListener(async (request, env) => {
      const { socket } = (env as HttpBindings).incoming
      const certificate = (socket as Partial<TLSSocket>).getPeerX509Certificate?.()?.raw
      const admitted = await check(request, certificate === undefined ? {} : { certificate })
      if (admitted instanceof Response) return admitted
      const text = await request.text()
      return new Response(told(admitted.proof, text === '' ? undefined : JSON.parse(text)), { headers: admitted.fields.map(([name, value]) => [name, value]) })
    })
    return { listener, upkeep: check }
  },
}

function koaBehind(given: GuardOptions) {
  const check = koaGuard(given)
  const inner = new Koa()
  inner.silent = true
  inner.use(check)
  inner.use(bodyParser({ jsonLimit: MAX_BODY }))
  inner.use((context) => void (context.body = told(context.proof, contentOf(context.req) ? context.request.body : undefined)))
  return { inner, check }
}

/** These parsers make an object of no content. */
const contentOf = ({ headers }: IncomingMessage): boolean => headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0
