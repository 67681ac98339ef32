import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { askFor, fetchJson, isSafeUrl, reasonOf, type Fetch } from './fetch-json.js'

const platform: Fetch = (url, init) => fetch(url, init) as unknown as ReturnType<Fetch>
const BIG = 300_000

/** What a real server may do to who asks it. */
const ANSWERS: Readonly<Record<string, (response: ServerResponse) => void>> = {
  '/good': (response) => response.setHeader('Cache-Control', 'max-age=60').end('{"a":1}'),
  '/redirect': (response) => response.writeHead(302, { location: '/good' }).end(),
  '/elsewhere': (response) => response.writeHead(307, { location: 'http://169.254.169.254/' }).end(),
  '/silent': () => undefined,
  '/slow': (response) => void response.write('{"a":'),
  '/endless': (response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(' '.repeat(65_536)));
      if (!response.destroyed) response.once('drain', more)
    }
    more()
  },
  '/big': (response) => response.end(`{"a":"${'x'.repeat(BIG)}"}`),
  '/error': (response) => response.writeHead(500).end('{"a":1}'),
  '/empty': (response) => response.writeHead(204).end(),
  '/text': (response) => response.end('hello'),
  '/list': (response) => response.end('[]'),
  '/twice': (response) => response.end('{"a":1,"a":2}'),
  '/broken': (response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('{"a":1}', () => response.destroy())
  },
}

describe('over real sockets', () => {
  let server: Server
  let origin: string
  const asked: string[] = []
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url!)
      ANSWERS[request.url!]!(response)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.closeAllConnections()
    server.close()
  })

  test('an answer is read, with how long it may be kept', async () => {
    expect(await askFor(platform, `${origin}/good`, { timeoutMs: 5_000 })).toEqual({ json: { a: 1 }, maxAge: 60 })
    expect(await fetchJson(platform, `${origin}/big`, 5_000, BIG + 10)).toEqual({ a: 'x'.repeat(BIG) })
  })

  const refused: readonly (readonly [path: string, reason: RegExp, timeoutMs?: number])[] = [
    ['/redirect', /redirect/],
    ['/elsewhere', /redirect/],
    ['/silent', /in time/, 50],
    ['/slow', /in time/, 50],
    ['/endless', /too large/],
    ['/big', /too large/],
    ['/error', /status 500/],
    ['/empty', /not a JSON object/],
    ['/text', /not a JSON object/],
    ['/list', /not a JSON object/],
    ['/twice', /not a JSON object/],
    ['/broken', /UND_ERR_SOCKET|no answer/],
  ]
  for (const [path, reason, timeoutMs = 5_000] of refused) {
    test(`${path.slice(1)}: no answer, and a reason`, async () => {
      const failure: unknown = await fetchJson(platform, `${origin}${path}`, timeoutMs).catch((error: unknown) => error)
      expect(failure).toBeInstanceOf(Error)
      expect(reasonOf(failure)).toMatch(reason)
    })
  }
  test('nobody followed a redirect', async () => {
    const before = asked.length
    await fetchJson(platform, `${origin}/redirect`, 5_000).catch(() => undefined)
    expect(asked.slice(before)).toEqual(['/redirect'])
  })
  test('where nobody listens, the reason says so', async () => {
    const failure: unknown = await fetchJson(platform, 'http://127.0.0.1:1/', 5_000).catch((error: unknown) => error)
    expect(reasonOf(failure)).toMatch(/ECONNREFUSED|no answer/)
  })
})

test('a fetch that does not listen to its signal is not waited for', async () => {
  await expect(fetchJson(() => new Promise(() => undefined), 'https://id.test/', 10)).rejects.toThrow('no answer in time')
})

describe('what may be fetched', () => {
  const safe = ['https://id.test', 'https://id.test:8443/jwks', 'http://127.0.0.1:8080/', 'http://127.8.8.8/', 'http://[::1]/', 'http://localhost/']
  const unsafe = [
    'http://id.test',
    'http://10.0.0.1/',
    'http://169.254.169.254/',
    'http://0.0.0.0/',
    'http://127.0.0.1.evil.test/',
    'http://localhost.evil.test/',
    'http://[::ffff:10.0.0.1]/',
    'https://a:b@id.test/',
    'https://a@id.test/',
    'https://:b@id.test/',
    'file:///etc/passwd',
    'data:application/json,{}',
    'ftp://id.test',
    '/jwks',
    '',
  ]
  for (const url of safe) test(url, () => expect(isSafeUrl(url)).toBe(true))
  for (const url of unsafe) {
    test(`not ${url || 'nothing'}`, async () => {
      expect(isSafeUrl(url)).toBe(false)
      const fetched: string[] = []
      const spy: Fetch = (asked) => {
        fetched.push(asked)
        return Promise.reject(new Error('asked'))
      }
      await expect(fetchJson(spy, url, 10)).rejects.toMatchObject({ code: 'config.url' })
      expect(fetched).toEqual([])
    })
  }
})
