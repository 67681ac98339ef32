import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { Lifecycle } from './lifecycle.js'

/** Listens on a port of 127.0.0.1 until the run ends. */
export async function listen(life: Lifecycle, server: Server, port: number): Promise<Server> {
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  life.onStop(async () => {
    const closed = once(server, 'close')
    server.close()
    server.closeAllConnections()
    await closed
  })
  return server
}

export const serve = (life: Lifecycle, handler: RequestListener, port: number): Promise<Server> =>
  listen(life, createServer({ maxHeaderSize: 65_536 }, handler), port)
