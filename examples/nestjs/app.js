import 'reflect-metadata'
import { Controller, Get, Module, Param, Req } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { createMemoryReplayStore } from '@everyhop/guard'
import { guard as expressGuard } from '@everyhop/guard/express'
import { guard as fastifyGuard } from '@everyhop/guard/fastify'
import { FastifyAdapter } from '@nestjs/platform-fastify'

class Orders {
  show(id, request) {
    // Under Fastify, Nest hands over Fastify's own request; under Express it is Node's. Both have the proof.
    return { order: id, for: request.proof.client }
  }
}
// The decorators as the functions that they are: plain JavaScript needs no compiler for them.
Controller('orders')(Orders)
Get(':id')(Orders.prototype, 'show', Object.getOwnPropertyDescriptor(Orders.prototype, 'show'))
Param('id')(Orders.prototype, 'show', 0)
Req()(Orders.prototype, 'show', 1)

function App() {}
Module({ controllers: [Orders] })(App)

const { BASE = 'https://api.example.com', ISSUER = 'https://id.example.com', PORT = '8080', PLATFORM = 'express' } = process.env
const options = { base: BASE, issuer: ISSUER, audience: BASE, replay: createMemoryReplayStore(), singleInstance: true }

async function create() {
  if (PLATFORM === 'express') {
    const app = await NestFactory.create(App, { logger: false })
    // Before `listen`, so that it comes before Nest's own body parsers.
    app.use(expressGuard(options))
    return app
  }
  const app = await NestFactory.create(App, new FastifyAdapter(), { logger: false })
  app.getHttpAdapter().getInstance().addHook('onRequest', fastifyGuard(options))
  return app
}

const app = await create()
await app.listen(Number(PORT), '127.0.0.1')
export const server = app.getHttpServer()
