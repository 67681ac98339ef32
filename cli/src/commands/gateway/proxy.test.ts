import { spawnSync, spawn, type ChildProcess } from 'node:child_process'
import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { everyhop, world } from './service.testkit.js'

/** `everyhop gateway proxy` as people run it, in a process of its own. */

let at: Awaited<ReturnType<typeof world>>
beforeAll(async () => void (at = await world()))
afterAll(() => at.close())

const ending: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ending.splice(0).toReversed()) await end()
  await at.writeSlice(at.slice())
})

/** Plain, since the test stands where TLS was ended. */
async function start(...more: readonly string[]) {
  const { slice, sliceKey } = at.files
  const running = everyhop(['gateway', 'proxy', '--slice', slice, '--slice-key', sliceKey, '--plain', '--port', '0', ...more])
  ending.push(async () => {
    running.child.kill('SIGTERM')
    await running.ended
  })
  await running.says('listens on')
  await running.says('\n')
  const [, port] = /listens on http:\S+?:(\d+)/.exec(running.said()) ?? []
  return { ...running, port: Number(port) }
}

type Told = { readonly status: number | undefined; readonly body: string }

function ask(port: number, fields: readonly string[], method = 'GET', body?: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const length = body === undefined ? [] : ['Content-Length', String(body.length)]
    request({ host: '127.0.0.1', port, path: '/orders/1', method, headers: ['Host', 'api.test', ...fields, ...length] }, (response: IncomingMessage) => {
      let text = ''
      response.on('data', (chunk: Buffer) => (text += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode, body: text }))
    })
      .once('error', reject)
      .end(body)
  })
}
/** Token and proof of an honest client. */
const honest = (): readonly string[] => at.question().slice(6)

async function application() {
  const received: string[][] = []
  const server = createServer((asked, response) => {
    received.push(asked.rawHeaders)
    response.end('orders')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  ending.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return { received, address: `127.0.0.1:${(server.address() as AddressInfo).port}` }
}

describe('as the edge', () => {
  test('it attests; a bad slice leaves the old one in force; SIGTERM ends it well', async () => {
    const { received, address } = await application()
    const { port, child, says, ended } = await start('--key', at.files.key, '--upstream', `orders=${address}`)
    expect(await ask(port, honest())).toEqual({ status: 200, body: 'orders' })
    expect(received[0]).toContain('Everyhop-Hop')

    await at.writeSlice('nonsense')
    child.kill('SIGHUP')
    await says('the old one stays')
    expect((await ask(port, honest())).status).toBe(200)

    await at.writeSlice(at.slice({ routes: at.slice().routes.map((route) => ({ ...route, pattern: '/other/**' })) }))
    child.kill('SIGHUP')
    await says('is in force')
    expect((await ask(port, honest())).status).toBe(403)

    child.kill('SIGTERM')
    expect(await ended).toBe(0)
  })

  for (const [says, ...options] of [
    ['give a --certificate with its --certificate-key for each name, or --plain', '--certificate', 'x'],
    ['with --plain there is no certificate', '--plain', '--certificate', 'x'],
    ['there is no limit maxBody', '--plain', '--limit', 'maxBody=1'],
    ['it is name=number', '--plain', '--limit', 'maxBodyBytes'],
    ['takes requests of clients: give it a certificate', '--plain', '--host', '0.0.0.0'],
  ]) {
    test(`what is said wrongly: ${says}`, async () => {
      const { slice, sliceKey, key } = at.files
      const running = everyhop(['gateway', 'proxy', '--slice', slice, '--slice-key', sliceKey, '--key', key, '--port', '0', ...options])
      await running.says(says!)
      expect(await running.ended).toBe(3)
    })
  }
})

const PYTHON = `
import http.server, json
class Echo(http.server.BaseHTTPRequestHandler):
    def answer(self):
        content = self.rfile.read(int(self.headers.get('Content-Length', 0))).decode()
        body = json.dumps({'fields': self.headers.items(), 'content': content}).encode()
        self.send_response(200)
        self.send_header('Content-Length', str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = answer
    def log_message(self, *_): pass
server = http.server.ThreadingHTTPServer(('127.0.0.1', 0), Echo)
print(server.server_address[1], flush=True)
server.serve_forever()
`
const hasPython = spawnSync('python3', ['-V']).status === 0

async function pythonApplication(): Promise<string> {
  const child: ChildProcess = spawn('python3', ['-c', PYTHON], { stdio: ['ignore', 'pipe', 'inherit'] })
  ending.push(() => child.kill())
  const port = await new Promise<string>((resolve) => child.stdout?.once('data', (text: Buffer) => resolve(text.toString().trim())))
  return `127.0.0.1:${port}`
}

describe.skipIf(!hasPython)('as the sidecar of an application in Python', () => {
  const last = () => {
    const { next: _, ...slice } = at.slice()
    return { ...slice, hop: 'orders', kind: 'sidecar' as const, keys: [], routes: slice.routes.map(({ next: __, ...route }) => route) }
  }

  test('what was proven is told, what a client says of itself is not, and a proof is spent', async () => {
    await at.writeSlice(last())
    const { port } = await start('--sidecar', await pythonApplication())
    const fields = honest()
    const answer = await ask(port, [...fields, 'Everyhop-Client', 'admin', 'X-User', 'admin'], 'GET')
    expect(answer.status).toBe(200)
    const told = (JSON.parse(answer.body) as { fields: [string, string][] }).fields
    const valuesOf = (name: string) => told.filter(([one]) => one.toLowerCase() === name).map(([, value]) => value)
    expect(['everyhop-client', 'everyhop-subject', 'everyhop-binding', 'everyhop-route', 'x-user'].map(valuesOf)).toEqual([
      ['shop'],
      ['shop'],
      ['dpop'],
      ['/orders/**'],
      [],
    ])
    expect([valuesOf('authorization'), valuesOf('dpop')]).toEqual([[fields[1]], [fields[3]]])
    const again = await ask(port, fields)
    expect([again.status, JSON.parse(again.body)]).toEqual([401, expect.objectContaining({ code: 'proof.replayed', hop: 'orders' })])
    expect((await ask(port, [])).status).toBe(401)
  })

  test('a slice that forwards is for no sidecar', async () => {
    const { slice, sliceKey } = at.files
    const running = everyhop(['gateway', 'proxy', '--slice', slice, '--slice-key', sliceKey, '--plain', '--port', '0', '--sidecar', '127.0.0.1:1'])
    await running.says('a sidecar is for the hop that answers')
    expect(await running.ended).toBe(3)
  })
})
