import { createKeyPair } from './create-key-pair.js'
import { type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { canary, witness } from '@everyhop/canary'
import type { Chain, Report } from '@everyhop/chain'
import { afterEach, expect, test } from 'vitest'
import { compact, jwkThumbprint, random } from './jose.js'
import { probe, renderText, runnerThumbprint, type Runner } from './index.js'
import { sampleChain } from './sample.testkit.js'

const ecKey = (): KeyObject => createKeyPair('ec', { namedCurve: 'P-256' }).privateKey
const closers: (() => unknown)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

async function serve(listener: (...heard: Parameters<RequestListener>) => unknown): Promise<string> {
  const server = createServer({ maxHeaderSize: 65_536 }, (...heard) => void listener(...heard)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  closers.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** An issuer that binds to whatever key it is told, and notes every secret that passes. */
async function issuer(secrets: Set<string>, keys: ReadonlyMap<string, KeyObject>): Promise<string> {
  const key = ecKey()
  let url = ''
  url = await serve(async (request, response) => {
    const json = (body: object) => response.setHeader('Content-Type', 'application/json').end(JSON.stringify(body))
    if (request.url?.startsWith('/.well-known/')) return json({ issuer: url, token_endpoint: `${url}/token` })
    const form = new URLSearchParams(await textOf(request))
    note(request, secrets)
    secrets.add(form.get('client_assertion') ?? '')
    const client = form.get('client_id') ?? ''
    const now = Math.floor(Date.now() / 1000)
    const claims = {
      iss: url,
      sub: client,
      client_id: client,
      aud: form.get('resource'),
      iat: now,
      exp: now + 300,
      jti: random(),
      cnf: { jkt: jwkThumbprint(keys.get(client)!) },
    }
    const token = compact({ typ: 'at+jwt', alg: 'ES256' }, claims, key)
    secrets.add(token)
    return json({ access_token: token, token_type: 'DPoP', expires_in: 300 })
  })
  return url
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = ''
  for await (const chunk of request) text += String(chunk)
  return text
}

function note({ rawHeaders }: IncomingMessage, secrets: Set<string>): void {
  for (const [index, name] of rawHeaders.entries()) {
    if (index % 2 === 0 && /^(authorization|dpop)$/i.test(name))
      for (const part of rawHeaders[index + 1]!.split(/[\s,]+/)) if (part.length > 60) secrets.add(part)
  }
}

const NOT_REFUSED = () => false

/** An application behind no hop. It answers with the canary what it does not refuse; its refusals repeat everything that they were sent. */
async function run(
  refuses: (request: IncomingMessage) => boolean,
  foreign?: { readonly consent: object | undefined },
): Promise<{ readonly report: Report; readonly chain: Chain; readonly secrets: ReadonlySet<string> }> {
  const secrets = new Set<string>()
  const key = { a: ecKey(), b: ecKey(), own: createKeyPair('ed25519').privateKey }
  const canaryKey = Buffer.from(random() + random())
  const tagKey = Buffer.from(random() + random())
  const secret = random()
  for (const { d } of Object.values(key).map((one) => one.export({ format: 'jwk' }))) secrets.add(String(d))
  for (const bytes of [canaryKey, tagKey]) for (const encoding of ['base64', 'base64url', 'utf8', 'hex'] as const) secrets.add(bytes.toString(encoding))
  secrets.add(secret)

  const eyes = witness({ tagKey, secret })
  const reports = await eyes.listen()
  closers.push(reports.close)
  const resource = canary({ key: canaryKey, who: () => 'somebody' })
  const local = await serve((request, response) => {
    if (request.url === '/.well-known/everyhop-probe') {
      response.statusCode = foreign?.consent === undefined ? 404 : 200
      return response.end(JSON.stringify({ ...foreign?.consent, runner: runnerThumbprint(key.own) }))
    }
    eyes.record(request, response)
    note(request, secrets)
    request.resume()
    if (!refuses(request)) return resource(request, response)
    const said = request.rawHeaders.join(' ')
    response.statusCode = 401
    response.setHeader('WWW-Authenticate', `DPoP error="${String(request.headers['dpop'])}"`)
    response.end(
      JSON.stringify({ code: String(request.headers['dpop']), hop: String(request.headers.authorization), who: said, canary: said, method: said, path: said }),
    )
  })
  const base = foreign === undefined ? local : local.replace('127.0.0.1', 'api.example')
  const url = await issuer(
    secrets,
    new Map([
      ['canary-a', key.a],
      ['canary-b', key.b],
    ]),
  )

  const sample = sampleChain()
  const chain: Chain = {
    ...sample,
    issuer: { ...sample.issuer, url },
    hops: new Map([['orders', { ...sample.hops.get('orders')!, bases: [base] }]]),
    routes: [{ ...sample.routes[0]!, via: [[]], mode: 'direct' }],
  }
  const client = (id: string, own: KeyObject) => [id, { clientId: id, auth: { by: 'key', key: own }, dpopKey: own, origins: new Set([url, base]) }] as const
  const runner: Runner = {
    key: key.own,
    canaryKey,
    clients: new Map([client('canary-a', key.a), client('canary-b', key.b)]),
    witnesses: new Map([['orders', { url: reports.url, secret, tagKey }]]),
    hops: new Map(),
  }
  const report = await probe({
    chain,
    runner,
    only: ['BASE', 'TOK', 'KEY', 'RPL', 'FWD'],
    resolve: async () => '127.0.0.1',
    lookupTxt: async () => [],
    ...(foreign === undefined ? {} : { wait: async () => undefined }),
  })
  return { report, chain, secrets }
}

const outcomes = ({ attacks }: Report) => new Set(attacks.map(({ outcome }) => outcome))

for (const [title, refuses] of Object.entries({
  'lets everything in': NOT_REFUSED,
  'refuses and repeats what it was sent': ({ headers }: IncomingMessage) => headers['dpop'] === undefined || headers.authorization === undefined,
  'refuses everything': () => true,
})) {
  test(`an application that ${title}: no token, proof, assertion, key or secret is in the report`, async () => {
    const { report, chain, secrets } = await run(refuses)
    const text = JSON.stringify(report) + renderText(report, { colour: true, chain }) + renderText(report, { colour: false })
    expect(secrets.size).toBeGreaterThan(10)
    expect([...secrets].filter((one) => one.length > 8 && text.includes(one))).toEqual([])
  })
}

test('an application that lets everything in is broken, and the report says whose it is', async () => {
  const { report } = await run(NOT_REFUSED)
  expect(report.verdict).toBe('broken')
  expect(report.findings[0]).toMatchObject({ hop: 'orders', layer: 'application', owner: 'orders', contact: 'orders@example.com' })
  expect(report.attacks.find(({ attack }) => attack === 'TOK-01')).toMatchObject({ outcome: 'breached' })
})

test('an application that refuses everything holds nothing: honest requests are refused, and the run stops', async () => {
  const { report } = await run(() => true)
  expect(report.verdict).toBe('unproven')
  expect(outcomes(report)).not.toContain('held')
  expect(outcomes(report)).toContain('not-run')
  expect(report.findings).toMatchObject([{ attack: 'BASE-01', outcome: 'inconclusive', hop: 'orders' }])
})

/** The same machine under a name is somebody else's: it must consent. */
for (const [title, consent, expected] of [
  ['without consent only P1 runs', undefined, { class: 'P1', requestsPerSecond: 1 }],
  ['with consent its class runs', { environment: 'default', class: 'P2', end: '2999-01-01T00:00:00Z' }, { class: 'P2', requestsPerSecond: 20 }],
  ['a consent for another environment is none', { environment: 'production', class: 'P2', end: '2999-01-01T00:00:00Z' }, { class: 'P1', requestsPerSecond: 1 }],
] as const) {
  test(`a foreign target: ${title}`, async () => {
    const { report } = await run(NOT_REFUSED, { consent })
    expect(report.permission).toMatchObject(expected)
    const ran = report.attacks.filter(({ outcome }) => outcome !== 'not-run' && outcome !== 'not-applicable')
    expect(ran.length).toBeGreaterThan(0)
    expect(ran.some((one) => one.class === 'P2')).toBe(expected.class === 'P2')
    expect(report.attacks.filter((one) => one.class === 'P3' && one.outcome === 'breached')).toEqual([])
  })
}
