import { createServer } from 'node:http'
import express from 'express'
import Fastify from 'fastify'
import { guard as expressGuard } from '@everyhop/guard/express'
import { guard as fastifyGuard } from '@everyhop/guard/fastify'
import { guardOptions } from '../everyhop.mjs'

/** A server with an empty handler, guarded or not. Sends its port, and then its CPU time whenever it is asked. */
const [framework, isGuarded, jwks = '{}'] = process.argv.slice(2)
const options = isGuarded === 'guarded' ? guardOptions(/** @type {any} */ ({ jwks: JSON.parse(jwks) })) : undefined

const server = framework === 'express' ? withExpress() : await withFastify()
server.listen(0, '127.0.0.1', () => process.send?.(/** @type {import('node:net').AddressInfo} */ (server.address()).port))
process.on('message', () => process.send?.(process.cpuUsage()))
process.on('disconnect', () => process.exit())

function withExpress() {
  const app = express()
  if (options) app.use(expressGuard(options))
  app.get('/orders/1', (_, response) => {
    response.send('ok')
  })
  return createServer(app)
}

async function withFastify() {
  /** @type {import('node:http').Server | undefined} */
  let server
  const app = Fastify({
    serverFactory: (handler) => {
      server = createServer(handler)
      return server
    },
  })
  if (options) app.addHook('onRequest', fastifyGuard(options))
  app.get('/orders/1', async () => 'ok')
  await app.ready()
  if (server === undefined) throw new Error('Fastify made no server')
  return server
}
