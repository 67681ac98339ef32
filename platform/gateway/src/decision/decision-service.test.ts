import { mkdtemp, stat, writeFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createMemoryReplayStore } from '@everyhop/verifier'
import { afterEach, describe, expect, test } from 'vitest'
import { createDecisionService, type DecisionService, type DecisionServiceOptions } from './decision-service.js'
import { credentials, edgeSlice, issuerFetch, KEYS, receiptsSink, valuesOf, type Answer } from '../gateway.testkit.js'
import { nginxConfig } from '../nginx/nginx-config.js'
import { REMOVAL_DIGEST } from '../sensitive-fields.js'

let running: DecisionService[] = []
afterEach(async () => {
  await Promise.all(running.map((service) => service.close(50)))
  running = []
})

async function serve(options: Partial<DecisionServiceOptions> = {}): Promise<DecisionService & { readonly socket: string }> {
  const socket = join(await mkdtemp(join(tmpdir(), 'eh-ds-')), 'decide.sock')
  const service = await createDecisionService({ slice: edgeSlice(), key: KEYS.edge.privateKey, socket, fetch: issuerFetch, ...options })
  running.push(service)
  return { ...service, socket: options.socket ?? socket }
}

function ask(socketPath: string, fields: readonly string[], [method, path] = ['POST', '/decide']): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = ['Host', 'decision', ...fields, 'Connection', 'close', ...(method === 'POST' ? ['Content-Length', '0'] : [])]
    const request = httpRequest({ socketPath, method, path, headers, agent: false }, (response) => {
      let body = ''
      response.on('data', (chunk: Buffer) => (body += chunk.toString()))
      response.on('end', () => resolve({ status: response.statusCode!, rawHeaders: response.rawHeaders, body }))
    })
    request.once('error', reject)
    request.end()
  })
}

const question = (id = 'a'.repeat(32)): string[] => [
  'Everyhop-Method',
  'GET',
  'Everyhop-Target',
  '/orders/1',
  'Everyhop-Request',
  id,
  'Everyhop-Removes',
  REMOVAL_DIGEST,
]
const spending = () => ({ slice: edgeSlice({ replayAuthority: true }), replay: createMemoryReplayStore({ since: 'always' }) })

async function codeOf(socket: string, answer: Answer): Promise<string> {
  if (answer.status === 200) return 'allow'
  const [sealed] = valuesOf(answer.rawHeaders, 'everyhop-answer')
  const rendered = await ask(socket, ['Everyhop-Answer', sealed!], ['GET', '/render'])
  return (JSON.parse(rendered.body) as { code: string }).code
}

test('fields beyond the thousandth are seen', async () => {
  const { socket } = await serve()
  const many = Array.from({ length: 1_200 }, () => ['a', 'b']).flat()
  expect(await codeOf(socket, await ask(socket, [...question(), ...credentials(), ...many]))).toBe('allow')
  expect(await codeOf(socket, await ask(socket, [...question('b'.repeat(32)), ...credentials(), ...many, 'X-SSL-Client-Foo', 'x']))).toBe('path.stray')
})

test("the gateway's own retry gets the same answer; the same proof in another request is a replay", async () => {
  const { socket } = await serve(spending())
  const fields = credentials()
  const first = await ask(socket, [...question(), ...fields])
  const retry = await ask(socket, [...question(), ...fields])
  expect([first.status, retry.status]).toEqual([200, 200])
  expect(valuesOf(retry.rawHeaders, 'signature')).toEqual(valuesOf(first.rawHeaders, 'signature'))
  expect(await codeOf(socket, await ask(socket, [...question('b'.repeat(32)), ...fields]))).toBe('proof.replayed')
  expect(await codeOf(socket, await ask(socket, [...question(), ...fields, 'Everyhop-Early', '1']))).toBe('request.early-data')
})

test('a hop that is not the replay authority spends nothing', async () => {
  const { socket } = await serve()
  const fields = credentials()
  expect((await ask(socket, [...question('a'.repeat(32)), ...fields])).status).toBe(200)
  expect((await ask(socket, [...question('b'.repeat(32)), ...fields])).status).toBe(200)
})

describe('a gateway that says too little, or anything twice, is refused', () => {
  for (const name of ['Everyhop-Method', 'Everyhop-Target', 'Everyhop-Request']) {
    test(name, async () => {
      const { socket } = await serve()
      const all = question()
      const at = all.indexOf(name)
      expect(await codeOf(socket, await ask(socket, [...all.toSpliced(at, 2), ...credentials()]))).toBe('verifier.failed')
      expect(await codeOf(socket, await ask(socket, [...all, name, all[at + 1]!, ...credentials()]))).toBe('verifier.failed')
    })
  }
  test('a verified certificate that cannot be read', async () => {
    const { socket } = await serve()
    const fields = ['Everyhop-Cert', 'nonsense', 'Everyhop-Cert-Verify', 'SUCCESS']
    expect(await codeOf(socket, await ask(socket, [...question(), ...fields, ...credentials()]))).toBe('verifier.failed')
  })
})

test('only what this process sealed is rendered', async () => {
  const one = await serve()
  const other = await serve()
  const [sealed] = valuesOf((await ask(one.socket, question())).rawHeaders, 'everyhop-answer')
  const render = (socket: string, value: string) => ask(socket, ['Everyhop-Answer', value], ['GET', '/render'])
  expect((await render(one.socket, sealed!)).status).toBe(401)
  expect((await render(other.socket, sealed!)).status).toBe(503)
  expect((await render(one.socket, `A${sealed!.slice(1)}`)).status).toBe(503)
})

test('it sheds what is too much and lives on', async () => {
  const { socket } = await serve({ maxInFlight: 0 })
  expect((await ask(socket, [...question(), ...credentials()])).status).toBe(503)
  expect((await ask(socket, [], ['GET', '/healthz'])).status).toBe(200)
})

/** An issuer that answers when it is told to. */
function issuerOnDemand() {
  const waiting: (() => void)[] = []
  const slow: typeof issuerFetch = async (...given) => {
    await new Promise<void>((resolve) => waiting.push(resolve))
    return issuerFetch(...given)
  }
  const timer = setInterval(() => isOpen && waiting.splice(0).forEach((answer) => answer()), 1)
  let isOpen = false
  return { fetch: slow, open: () => (isOpen = true), asked: () => waiting.length > 0, end: () => clearInterval(timer) }
}

test('too many at once are refused with the time to come again, and those before them get their answer', async () => {
  const issuer = issuerOnDemand()
  const { socket } = await serve({ fetch: issuer.fetch, maxInFlight: 1 })
  const first = ask(socket, [...question(), ...credentials()])
  await expect.poll(issuer.asked).toBe(true)
  const shed = await ask(socket, [...question('b'.repeat(32)), ...credentials()])
  expect([shed.status, valuesOf(shed.rawHeaders, 'retry-after')]).toEqual([503, ['1']])
  expect((await ask(socket, [], ['GET', '/metrics'])).body).toMatch(/^everyhop_gateway_shed_total 1$/m)
  issuer.open()
  expect((await first).status).toBe(200)
  issuer.end()
})

test('it is alive before it is ready, and drains: what is under way is answered, nothing else begins', async () => {
  const issuer = issuerOnDemand()
  const service = await serve({ fetch: issuer.fetch })
  const statusAt = async (path: string): Promise<number> => (await ask(service.socket, [], ['GET', path])).status
  expect([await statusAt('/healthz'), await statusAt('/readyz')]).toEqual([200, 503])
  const underWay = ask(service.socket, [...question(), ...credentials()])
  await expect.poll(async () => (await ask(service.socket, [], ['GET', '/metrics'])).body).toMatch(/^everyhop_gateway_in_flight 1$/m)
  const closing = service.close()
  await expect(ask(service.socket, [...question('b'.repeat(32)), ...credentials()])).rejects.toMatchObject({
    code: expect.stringMatching(/ENOENT|ECONNREFUSED|ECONNRESET/) as string,
  })
  issuer.open()
  expect((await underWay).status).toBe(200)
  await closing
  issuer.end()
})

test('ready once the keys are there, though nobody waited for them at the start', async () => {
  const { socket } = await serve()
  await expect.poll(async () => (await ask(socket, [], ['GET', '/readyz'])).status).toBe(200)
})

test('a verifier that hangs is a refusal in time', async () => {
  const { socket } = await serve({ fetch: () => new Promise(() => undefined), deadlineMs: 30 })
  expect(await codeOf(socket, await ask(socket, [...question(), ...credentials()]))).toBe('verifier.failed')
})

test('the socket is private, and one in use or no socket at all is refused', async () => {
  const { socket } = await serve()
  expect((await stat(socket)).mode & 0o777).toBe(0o600)
  await expect(serve({ socket })).rejects.toMatchObject({ code: 'config.socket-in-use' })
  const plain = join(await mkdtemp(join(tmpdir(), 'eh-ds-')), 'file')
  await writeFile(plain, '')
  await expect(serve({ socket: plain })).rejects.toMatchObject({ code: 'config.socket' })
  await expect(serve({ socket: '/tmp/everyhop.sock' })).rejects.toMatchObject({ code: 'config.socket' })
})

test('a live listener that is no decision service is refused too', async () => {
  const socket = join(await mkdtemp(join(tmpdir(), 'eh-ds-')), 's')
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(socket, resolve))
  await expect(serve({ socket })).rejects.toMatchObject({ code: 'config.socket-in-use' })
  await new Promise((resolve) => server.close(resolve))
})

test('a bad slice is refused and the old one stays; a key that is not registered stops the start', async () => {
  const service = await serve()
  expect(() => service.reload(edgeSlice({ bases: ['ftp://x'] }))).toThrow(/base/)
  expect(() => service.reload(edgeSlice({ hop: 'other' }))).toThrow(/other/)
  expect((await ask(service.socket, [...question(), ...credentials()])).status).toBe(200)
  await expect(serve({ key: KEYS.client.privateKey })).rejects.toMatchObject({ code: 'config.hop-key' })
})

test('no token or proof is in a receipt', async () => {
  const sink = receiptsSink()
  const { socket } = await serve({ sink })
  const fields = credentials()
  await ask(socket, [...question(), ...fields])
  expect(sink.receipts).toHaveLength(1)
  for (const secret of [fields[1]!.slice(5), fields[3]!]) expect(JSON.stringify(sink.receipts)).not.toContain(secret)
})

describe('nothing that is configuration of its own gets into a configuration', () => {
  const options = { socket: '/run/everyhop/decide.sock', certificate: '/etc/s.pem', certificateKey: '/etc/s.key', clientCa: '/etc/ca.pem' }
  const { slice } = edgeSlice()
  for (const evil of ['/x; return 200', '/x\n}', '/$request_uri', '/x{', '/x"', '/x y', 'relative']) {
    for (const name of ['socket', 'certificate', 'certificateKey', 'clientCa'] as const) {
      test(`${name}: ${JSON.stringify(evil)}`, () => expect(() => nginxConfig(slice, { ...options, [name]: evil })).toThrow(/absolute path/))
    }
  }
  test('hop, authority, upstream, listen', () => {
    expect(() => nginxConfig({ ...slice, hop: 'edge;' }, options)).toThrow(/lower-case/)
    expect(() => nginxConfig(slice, { ...options, listen: '443 default_server; #' })).toThrow(/listen/)
    expect(() => nginxConfig(slice, { ...options, upstreams: { orders: 'a;b' } })).toThrow(/host:port/)
    expect(() => nginxConfig({ ...slice, next: { mode: 'attested', hops: [{ hop: 'orders', authority: 'a b' }] } }, options)).toThrow(/authority/)
    expect(nginxConfig(slice, options)).toContain('auth_request /__everyhop/decide;')
  })
})
