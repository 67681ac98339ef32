import type { IncomingMessage } from 'node:http'
import type { Http2ServerRequest } from 'node:http2'
import type { Request as ExpressRequest } from 'express'
import Fastify, { type FastifyRequest } from 'fastify'
import type { Context as HonoContext } from 'hono'
import type { Context as KoaContext } from 'koa'
import { describe, expectTypeOf, test } from 'vitest'
import type { ReplayStore } from '@everyhop/verifier'
import type * as expressAdapter from './express.js'
import type * as fastifyAdapter from './fastify.js'
import type { FetchGuard } from './fetch.js'
import type { GuardEnv } from './hono.js'
import type { Binding, GuardOptions, Proven } from './index.js'
import type * as koaAdapter from './koa.js'

/** What a handler gets to see, checked by the compiler. */

type Seen = Proven | undefined

describe('what was proven has its type in every framework', () => {
  test('node:http, node:https, node:http2', () => {
    expectTypeOf<IncomingMessage['proof']>().toEqualTypeOf<Seen>()
    expectTypeOf<Http2ServerRequest['proof']>().toEqualTypeOf<Seen>()
  })
  test('Express', () => {
    expectTypeOf<ExpressRequest['proof']>().toEqualTypeOf<Seen>()
    expectTypeOf<typeof expressAdapter.guard>().parameter(0).toEqualTypeOf<GuardOptions>()
  })
  test('Fastify', () => {
    expectTypeOf<FastifyRequest['proof']>().toEqualTypeOf<Seen>()
    expectTypeOf<typeof fastifyAdapter.guard>().parameter(0).toEqualTypeOf<GuardOptions>()
  })
  test('Fastify over HTTP/2 and over TLS takes the same hook', () => {
    const register = (check: ReturnType<typeof fastifyAdapter.guard>) => [
      Fastify({ http2: true }).addHook('onRequest', check),
      Fastify({ http2: true, https: {} }).addHook('onRequest', check),
      Fastify({ https: {} }).addHook('onRequest', check),
    ]
    expectTypeOf(register).toBeFunction()
  })
  test('Koa', () => {
    expectTypeOf<KoaContext['proof']>().toEqualTypeOf<Seen>()
    expectTypeOf<typeof koaAdapter.guard>().parameter(0).toEqualTypeOf<GuardOptions>()
  })
  test('Hono', () => {
    const proofOf = (context: HonoContext<GuardEnv>) => context.get('proof')
    expectTypeOf(proofOf).returns.toEqualTypeOf<Seen>()
  })
  test('Fetch', () => {
    expectTypeOf<Exclude<Awaited<ReturnType<FetchGuard>>, Response>['proof']>().toEqualTypeOf<Seen>()
  })
  test('all that a handler may want to know', () => {
    expectTypeOf<Proven>().toMatchTypeOf<{
      readonly client: string
      readonly subject: string
      readonly binding: Binding
      readonly scope: readonly string[]
      readonly route: string
      readonly path: readonly string[]
    }>()
    expectTypeOf<Proven['jkt']>().toMatchTypeOf<string | undefined>()
    expectTypeOf<Proven['x5t']>().toMatchTypeOf<string | undefined>()
    expectTypeOf<Proven['waiver']>().toEqualTypeOf<string | undefined>()
  })
})

describe('options', () => {
  const replay = {} as ReplayStore
  const declared = { base: 'https://api.test', issuer: 'https://id.test', audience: 'https://api.test' }
  const signed = { slice: 'x', sliceKey: {} }

  test('one form or the other', () => {
    expectTypeOf({ replay, ...declared }).toMatchTypeOf<GuardOptions>()
    expectTypeOf({ replay, ...signed }).toMatchTypeOf<GuardOptions>()
  })
  test('not both, not half of one, not without a store', () => {
    // @ts-expect-error both forms
    const both: GuardOptions = { replay, ...declared, ...signed }
    // @ts-expect-error no audience
    const half: GuardOptions = { replay, base: 'https://api.test', issuer: 'https://id.test' }
    // @ts-expect-error a slice that nobody can have signed
    const unsigned: GuardOptions = { replay, slice: 'x' }
    // @ts-expect-error nothing would remember what was spent
    const forgetful: GuardOptions = { ...declared }
    expectTypeOf([both, half, unsigned, forgetful]).toEqualTypeOf<GuardOptions[]>()
  })
})
