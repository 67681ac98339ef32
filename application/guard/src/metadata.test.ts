import { createServer, type Server } from 'node:http'
import { getRequestListener, type HttpBindings } from '@hono/node-server'
import express from 'express'
import Fastify from 'fastify'
import { Hono } from 'hono'
import Koa from 'koa'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Opened } from './adapters.testkit.js'
import { guard as expressGuard } from './express.js'
import { guard as fastifyGuard } from './fastify.js'
import { guard as fetchGuard } from './fetch.js'
import type { GuardOptions } from './guard-options.js'
import { BASE, options, surroundings } from './guard.testkit.js'
import { guard as honoGuard, type GuardEnv } from './hono.js'
import { guard as koaGuard } from './koa.js'
import { guard } from './node.js'
import { listen, send } from './wire.testkit.js'

/** RFC 9728: anybody may ask what this resource wants, and every challenge says where. */

const DECLARED: GuardOptions = { ...surroundings(), base: `${BASE}/orders`, issuer: 'https://id.test', audience: BASE, singleInstance: true }
const PATH = '/.well-known/oauth-protected-resource/orders'

/** Each with nothing but the guard, and no route at all. */
const BARE: Readonly<Record<string, (options: GuardOptions) => Promise<Opened['listener']>>> = {
  'node:http': async (given) => guard(given),
  Express: async (given) => express().use(expressGuard(given)),
  Fastify: async (given) => {
    const app = Fastify()
    app.addHook('onRequest', fastifyGuard(given))
    await app.ready()
    return (request, response) => app.routing(request, response)
  },
  Koa: async (given) => new Koa().use(koaGuard(given)).callback(),
  Hono: async (given) => {
    const app = new Hono<GuardEnv>()
    app.use(honoGuard(given))
    return getRequestListener((request, env) => app.fetch(request, env as HttpBindings))
  },
  Fetch: async (given) => {
    const check = fetchGuard(given)
    return getRequestListener(async (request) => {
      const admitted = await check(request)
      return admitted instanceof Response ? admitted : new Response()
    })
  },
}

describe.each(Object.entries(BARE))('%s', (_, open) => {
  let server: Server
  beforeAll(async () => {
    const listener = await open(DECLARED)
    server = createServer((request, response) => void listener(request, response))
    await listen(server)
  })
  afterAll(() => void server.close())

  test('the metadata, to anybody', async () => {
    const { status, head, body } = await send(server, { target: PATH, fields: [] })
    expect([status, JSON.parse(body)]).toEqual([
      200,
      {
        resource: `${BASE}/orders`,
        authorization_servers: ['https://id.test'],
        bearer_methods_supported: [],
        dpop_signing_alg_values_supported: expect.arrayContaining(['ES256', 'EdDSA']) as unknown,
        dpop_bound_access_tokens_required: true,
        tls_client_certificate_bound_access_tokens: false,
      },
    ])
    expect(head).toMatch(/^content-type: application\/json\r?$/im)
    expect(head).not.toMatch(/no-store/)
  })

  test('its head alone', async () => {
    const { status, body } = await send(server, { method: 'HEAD', target: PATH, fields: [] })
    expect([status, body]).toEqual([200, ''])
  })

  test('the challenge names it', async () => {
    const { status, head } = await send(server, { target: '/1', fields: [] })
    expect(status).toBe(401)
    expect(head).toContain(`resource_metadata="${BASE}${PATH}"`)
  })

  test.each([
    ['another method', 'POST', PATH],
    ['another path', 'GET', `${PATH}/x`],
    ['an odd spelling', 'GET', PATH.replace('orders', '%6Frders')],
  ])('%s is a request as any other', async (_what, method, target) => {
    expect((await send(server, { method, target, fields: ['Content-Length: 0'] })).status).toBe(401)
  })
})

test('behind a slice, and where it is declined, nobody is told of metadata that may be elsewhere', async () => {
  for (const given of [options(), { ...DECLARED, resourceMetadata: false }]) {
    const check = guard(given)
    const server = createServer((request, response) => void check(request, response))
    await listen(server)
    const answer = await send(server, { target: PATH, fields: [] })
    server.close()
    expect([answer.status >= 400, answer.head]).toEqual([true, expect.not.stringContaining('resource_metadata')])
  }
})
