import { createKeyPair } from '@everyhop/proof'
import { execFile } from 'node:child_process'
import { createPublicKey, randomUUID, sign, createHash, type JsonWebKey } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** A chain that knows nothing of us: an issuer with client secrets and an application that checks proofs itself, both by hand. */
const BIN = fileURLToPath(new URL('../bin/everyhop.js', import.meta.url))
const SECRET = 'a secret of the client'
const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const decode = (part = ''): Record<string, unknown> => JSON.parse(Buffer.from(part, 'base64url').toString() || '{}') as Record<string, unknown>
const thumbprint = ({ crv, kty, x, y }: JsonWebKey): string => createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')
const { privateKey: signing } = createKeyPair('ec', { namedCurve: 'P-256' })

const closers: (() => void)[] = []
async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => void (server.closeAllConnections(), server.close()))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The only one that the issuer knows; none at first. */
let resource: string | undefined

/** Refuses the parameter `resource` where it is not the one that it knows. */
async function token(request: IncomingMessage, issuer: string): Promise<readonly [number, object]> {
  let body = ''
  for await (const chunk of request) body += String(chunk)
  const form = new URLSearchParams(body)
  if (form.has('resource') && form.get('resource') !== resource) return [400, { error: 'invalid_target' }]
  const given = Buffer.from(String(request.headers.authorization).slice('Basic '.length), 'base64').toString()
  const [client = '', secret] = given.split(':')
  if (!['probe', 'thief'].includes(client) || secret !== new URLSearchParams({ '': SECRET }).toString().slice(1)) return [401, { error: 'invalid_client' }]
  const { jwk } = decode(String(request.headers['dpop']).split('.')[0])
  const iat = Math.floor(Date.now() / 1000)
  const claims = {
    iss: issuer,
    sub: client,
    client_id: client,
    aud: 'orders-api',
    iat,
    exp: iat + 900,
    jti: randomUUID(),
    cnf: { jkt: thumbprint(jwk as JsonWebKey) },
  }
  const input = `${encode({ alg: 'ES256', typ: 'JWT' })}.${encode(claims)}`
  const signature = sign('sha256', Buffer.from(input), { key: signing, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  return [200, { access_token: `${input}.${signature}`, token_type: 'DPoP', expires_in: 900 }]
}

/** Compares the key of the proof with that of the token, and forgets what was spent. */
function isProven({ headers }: IncomingMessage): boolean {
  const [scheme, jws = ''] = String(headers.authorization).split(' ')
  const { jwk } = decode(String(headers['dpop'] ?? '').split('.')[0]) as { jwk?: JsonWebKey }
  const { cnf } = decode(jws.split('.')[1]) as { cnf?: { jkt?: string } }
  return scheme === 'DPoP' && jwk !== undefined && createPublicKey({ key: jwk, format: 'jwk' }).type === 'public' && thumbprint(jwk) === cnf?.jkt
}

let dir: string
let issuer: string
let api: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'everyhop-init-test-'))
  issuer = await serve((request, response) => {
    const json = (status: number, value: object) => response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))
    if (request.url === '/token') return void token(request, issuer).then(([status, body]) => json(status, body))
    if (!request.url?.startsWith('/.well-known/oauth-authorization-server')) return void json(404, {})
    json(200, { issuer, token_endpoint: `${issuer}/token`, dpop_signing_alg_values_supported: ['ES256', 'RS256'] })
  })
  api = await serve((request, response) => {
    const json = (status: number, value: object) =>
      response.writeHead(status, { 'Content-Type': 'application/json', Server: 'nginx/1.22' }).end(JSON.stringify(value))
    if (request.url === '/.well-known/oauth-protected-resource') return void json(200, { resource: api, authorization_servers: [issuer] })
    if (request.url === '/.well-known/oauth-protected-resource/elsewhere') return void response.writeHead(302, { Location: 'http://127.0.0.1:9/' }).end()
    if (isProven(request)) return void json(200, { order: 1, for: 'probe' })
    response.setHeader('WWW-Authenticate', 'DPoP algs="ES256"')
    json(401, { error: 'unauthorized' })
  })
})
afterAll(async () => {
  for (const close of closers) close()
  await rm(dir, { recursive: true })
})

type Ran = { readonly status: number; readonly out: string; readonly err: string }
const run = (...args: readonly string[]): Promise<Ran> =>
  new Promise((resolve) => {
    const env = { ...process.env, NO_COLOR: '1', PROBE_SECRET: SECRET, HOME: dir }
    execFile(process.execPath, [BIN, ...args], { cwd: dir, env }, (error, out, err) =>
      resolve({ status: typeof error?.code === 'number' ? error.code : 0, out, err }),
    )
  })
const init = (...args: readonly string[]) => run('init', '--client', 'probe', ...args)

test('from a URL and a credential to a manifest that check accepts and a run that concludes', async () => {
  const { status, out, err } = await init('--url', `${api}/orders/1`, '--secret', 'env:PROBE_SECRET', '--chain', 'orders', '--runner', 'runner.json')
  expect([status, err]).toEqual([0, ''])
  expect(out).toContain(`issuer ${issuer}, by its metadata`)
  expect(out).toContain('a token: ES256, JWT; the issuer refuses the parameter resource')
  expect(out).toContain('the resource with it: 200')

  const manifest = await readFile(join(dir, 'everyhop.yaml'), 'utf8')
  for (const line of [
    'kind: nginx',
    'typ: [JWT]',
    'binding: [dpop]',
    'proofAlg: [ES256]',
    'tokenLifetime: 900s',
    'audience: [orders-api]',
    'path: "/orders/**"',
  ])
    expect(manifest).toContain(line)
  // Everything that is marked is told.
  const unknown = [...manifest.matchAll(/# unknown: (.*)/g)].map(([, what]) => what)
  expect(unknown.length).toBeGreaterThan(4)
  for (const what of unknown) expect(out).toContain(what)
  expect((await run('check')).status).toBe(0)

  const runner = await readFile(join(dir, 'runner.json'), 'utf8')
  expect((await stat(join(dir, 'runner.json'))).mode & 0o777).toBe(0o600)
  expect([runner.includes(SECRET), runner.includes('"env:PROBE_SECRET"')]).toEqual([false, true])

  const probed = await run('probe', '--runner', 'runner.json', '--only', 'TOK-01,KEY-01,RPL-01', '--format', 'json')
  const report = JSON.parse(probed.out)
  expect(report.attacks.map(({ attack, outcome }: Record<string, string>) => [attack, outcome])).toEqual([
    ['TOK-01', 'held'],
    ['RPL-01', 'breached'],
    ['KEY-01', 'held'],
  ])
  expect([probed.status, report.evidence.canary]).toEqual([1, false])

  expect(await init('--url', `${api}/orders/1`, '--secret', 'env:PROBE_SECRET', '--runner', 'other.json')).toMatchObject({
    status: 3,
    err: expect.stringContaining('everyhop.yaml is there already'),
  })
}, 30_000)

test('with a thief; and an issuer that gives tokens under another name than the one it is asked for is asked again as it was', async () => {
  resource = api
  const files = ['-f', 'named.yaml', '--runner', 'named.json', '--chain', 'named', '--second-client', 'thief', '--second-secret', 'env:PROBE_SECRET']
  expect((await init('--url', `${api}/orders/1`, '--secret', 'env:PROBE_SECRET', ...files)).out).toContain('a token: ES256, JWT\n')
  expect(JSON.parse(await readFile(join(dir, 'named.json'), 'utf8')).clients.canary.form).toEqual({ resource: api })
  const probed = await run('probe', '-f', 'named.yaml', '--runner', 'named.json', '--only', 'TOK-01,FWD-01', '--format', 'json')
  expect(JSON.parse(probed.out).attacks).toMatchObject([
    { attack: 'TOK-01', outcome: 'held' },
    { attack: 'FWD-01', outcome: 'held' },
  ])
  resource = undefined
}, 30_000)

test('where the edge does not answer and no token comes, the manifest is written all the same, and says so', async () => {
  const files = ['-f', 'dead.yaml', '--runner', 'dead.json', '--chain', 'dead']
  const { status, out } = await init('--url', 'http://127.0.0.1:9/x', '--issuer', issuer, '--secret', 'env:NOBODY_SET_THIS', ...files)
  expect(status).toBe(0)
  expect(out).toMatch(/tried +to get a token: .*env:NOBODY_SET_THIS is empty or not set/)
  expect(out).toMatch(/not there +http:\/\/127\.0\.0\.1:9\/x: no answer/)
  expect((await run('check', '-f', 'dead.yaml')).status).toBe(0)
  expect((await run('probe', '-f', 'dead.yaml', '--runner', 'dead.json')).status).not.toBe(0)
}, 30_000)

describe('what it cannot go on with ends with 3, and nothing is written', () => {
  for (const [what, args, says] of [
    ['no URL', ['--secret', 'env:A'], '--url is missing'],
    ['no credential', ['--url', 'https://api.example/x'], 'say how the client gets tokens'],
    ['a secret instead of where it lies', ['--url', 'https://api.example/x', '--secret', 'hunter2'], 'is not the secret'],
    ['another machine without TLS', ['--url', 'http://api.example/x', '--secret', 'env:A'], 'with https'],
    [
      'a link-local address',
      ['--url', 'https://169.254.169.254/x', '--secret', 'env:A', '--chain', 'meta', '-f', 'none.yaml', '--runner', 'none.json'],
      'link-local',
    ],
    ['a second client that authenticates by nothing', ['--url', 'https://api.example/x', '--secret', 'env:A', '--second-client', 'b'], 'goes with'],
    ['a name that is none', ['--url', 'https://api.example/x', '--secret', 'env:A', '--chain', 'My Chain'], '--chain must be'],
  ] as const) {
    test(what, async () => {
      expect(await init(...args)).toMatchObject({ status: 3, err: expect.stringContaining(says) })
      await expect(stat(join(dir, 'none.yaml'))).rejects.toThrow('ENOENT')
    })
  }

  test('keys in a repository', async () => {
    await writeFile(join(dir, '.git'), '')
    const { status, err } = await init('--url', `${api}/orders/1`, '--secret', 'env:PROBE_SECRET', '-f', 'none.yaml', '--runner', 'kept.json')
    await rm(join(dir, '.git'))
    expect([status, err]).toEqual([3, expect.stringContaining('where keys do not belong')])
  })
})
