import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { LoadedSlice } from '@everyhop/verifier'

export type Admin = { readonly url: string; readonly close: () => void }

export type AdminOptions = {
  readonly host: string
  readonly port: number
  readonly slice: () => LoadedSlice
  readonly isDraining: () => boolean
  readonly isReady: () => boolean
  readonly metrics: () => string
}

/**
 * Where an operator looks: `/healthz` while it lives, `/readyz` while it should be sent requests, `/metrics`. On an address of its own,
 * so that nobody reaches it who comes for the application; it tells no secret and changes nothing.
 */
export async function openAdmin({ host, port, slice, isDraining, isReady, metrics }: AdminOptions): Promise<Admin> {
  const server = createServer({ maxHeaderSize: 8_192, requestTimeout: 5_000 }, (request, response) => {
    request.resume()
    if (request.method !== 'GET') return void response.writeHead(405, { Allow: 'GET' }).end()
    if (request.url === '/healthz') return state(response, true, isDraining() ? 'draining' : 'serving', slice())
    if (request.url === '/readyz') {
      const isServing = isReady() && !isDraining()
      return state(response, isServing, isServing ? 'ready' : isDraining() ? 'draining' : 'waiting for keys', slice())
    }
    if (request.url === '/metrics') return void response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4' }).end(metrics())
    response.writeHead(404).end()
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => resolve())
  })
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${(server.address() as AddressInfo).port}`,
    close() {
      server.close()
      server.closeAllConnections()
    },
  }
}

function state(response: ServerResponse, isGood: boolean, status: string, { slice, digest }: LoadedSlice): void {
  response.writeHead(isGood ? 200 : 503, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
  response.end(JSON.stringify({ status, chain: slice.chain, hop: slice.hop, slice: digest }))
}
