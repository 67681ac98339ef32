import { createHash, timingSafeEqual } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { WitnessReport } from './witness.js'

export type ListenOptions = { readonly host?: string; readonly port?: number }
export type Listener = { readonly url: string; readonly close: () => Promise<void> }

/** Answers `GET /seen?run=…&n=…` for whoever knows the secret, and nothing else. */
export async function serveReports(
  report: (run: string, n: number) => WitnessReport,
  secret: string,
  { host = '127.0.0.1', port = 0 }: ListenOptions = {},
): Promise<Listener> {
  const expected = digest(`Bearer ${secret}`)
  const server = createServer({ maxHeaderSize: 4_096, headersTimeout: 5_000, requestTimeout: 5_000 }, (request, response) => {
    const answer = (status: number, body?: unknown) => {
      response.writeHead(status, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
      response.end(body === undefined ? undefined : JSON.stringify(body))
    }
    if (!timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return answer(401)
    const [path, query] = (request.url ?? '').split('?', 2)
    if (request.method !== 'GET' || path !== '/seen') return answer(404)
    const wanted = new URLSearchParams(query)
    return answer(200, report(wanted.get('run') ?? '', Number(wanted.get('n'))))
  })
  server.listen(port, host)
  await once(server, 'listening')
  const { port: chosen } = server.address() as AddressInfo
  const literal = host.includes(':') ? `[${host}]` : host
  return {
    url: `http://${literal}:${chosen}`,
    close: async () => {
      const closed = once(server, 'close')
      server.close()
      server.closeAllConnections()
      await closed
    },
  }
}

/** Of equal length whatever the input, so that the comparison takes the same time. */
const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
