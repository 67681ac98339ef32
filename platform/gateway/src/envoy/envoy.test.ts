import { connect } from 'node:http2'
import { connect as socketTo } from 'node:net'
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Slice } from '@everyhop/chain'
import { sha256 } from '@everyhop/proof'
import { createMemoryReplayStore, createVerifier, evidenceFrom } from '@everyhop/verifier'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { createDecisionService, type DecisionService } from '../decision/decision-service.js'
import { BASE, certificates, credentials, edgeSlice, FORGED, INNER, issuerFetch, KEYS, ordersSlice, reboundSlice, tokenFor } from '../gateway.testkit.js'
import { SENSITIVE_FIELDS } from '../sensitive-fields.js'
import { envoyClient, question, type Asked, type CheckResponse, type EnvoyClient } from './envoy.testkit.js'

/** What the application's verifier is told to expect of a gateway it does not name here. */
const OF_THE_WAY = /^(?:everyhop-next|x-forwarded-(?:for|proto))$/

let dir: string
let service: DecisionService
let envoy: EnvoyClient
let pki: Awaited<ReturnType<typeof certificates>>
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'eh-envoy-'))
  pki = await certificates()
})
afterEach(async () => {
  envoy.close()
  await service.close(50)
})
afterAll(() => Promise.all([dir, pki.dir].map((folder) => rm(folder, { recursive: true }))))

async function up(changes: Partial<Slice> = {}): Promise<void> {
  const envoySocket = join(dir, 'envoy.sock')
  service = await createDecisionService({
    slice: edgeSlice(changes),
    key: KEYS.edge.privateKey,
    envoySocket,
    fetch: issuerFetch,
    replay: createMemoryReplayStore({ since: 'always' }),
    nonceSecrets: [Buffer.alloc(32, 7)],
  })
  envoy = envoyClient(envoySocket)
}

const ask = (asked: Asked): Promise<CheckResponse> => envoy.check(question(asked))
const codeIn = ({ denied_response: denied }: CheckResponse): string => (JSON.parse(denied?.body ?? '{}') as { code: string }).code
const set = ({ ok_response: ok }: CheckResponse): Readonly<Record<string, string>> =>
  Object.fromEntries((ok?.headers ?? []).map(({ header }) => [header.key.toLowerCase(), header.value]))

/** The request as Envoy passes it on: what is to be removed, gone; what is to be set, in place of what was there. */
function passedOn(fields: readonly string[], answer: CheckResponse): readonly string[] {
  const gone = new Set([...(answer.ok_response?.headers_to_remove ?? []), ...Object.keys(set(answer))])
  const pairs = Array.from({ length: fields.length / 2 }, (_, index) => [fields[2 * index]!, fields[2 * index + 1]!] as const)
  return [...pairs.filter(([name]) => !gone.has(name.toLowerCase())), ...Object.entries(set(answer))].flat()
}

test("a hop that rebinds: its own token and proof take the place of the client's", async () => {
  await up({ next: { mode: 'rebound', hops: [{ hop: 'orders', authority: 'orders.internal', base: INNER }] } })
  const fields = [...credentials(), ...FORGED]
  const passed = passedOn(fields, await ask({ fields })).filter((_, index, all) => !OF_THE_WAY.test(all[index - (index % 2)]!))
  const verifier = createVerifier({ slice: reboundSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
  const seen = evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: passed })
  expect([seen.authorization.length, seen.dpop.length, passed.includes(fields[1]!), passed.includes(fields[3]!)]).toEqual([1, 1, false, false])
  expect(await verifier.verify(seen)).toMatchObject({ verdict: 'allow', proven: { client: 'shop', path: ['edge'] } })
})

describe('asked as Envoy asks, through its own protocol buffers', () => {
  test('an honest request passes, and its attestation convinces a verifier of the application', async () => {
    await up()
    const fields = credentials()
    const answer = await ask({ fields, target: '/orders/1?page=2' })
    expect([answer.status.code, set(answer)['everyhop-next'], set(answer)['x-forwarded-for']]).toEqual([undefined, 'orders', '203.0.113.7'])
    expect(answer.ok_response?.headers?.map(({ append_action: action }) => action)).toEqual(
      answer.ok_response?.headers?.map(() => 'OVERWRITE_IF_EXISTS_OR_ADD'),
    )
    const verifier = createVerifier({ slice: ordersSlice(), replay: createMemoryReplayStore({ since: 'always' }), fetch: issuerFetch })
    const rawHeaders = ['host', 'orders.internal:8080', ...passedOn(fields, answer).filter((_, index, all) => !OF_THE_WAY.test(all[index - (index % 2)]!))]
    const decision = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1?page=2', rawHeaders }))
    expect(decision).toMatchObject({ verdict: 'allow', proven: { path: ['edge'] } })
  })

  test('the exact refusal, each challenge by itself', async () => {
    await up()
    const { status, denied_response: denied } = await ask({})
    const challenges = denied!.headers!.filter(({ header }) => header.key === 'WWW-Authenticate')
    expect([status.code, denied!.status.code, challenges.map(({ header, append }) => [header.value, append?.value])]).toEqual([
      7,
      'Unauthorized',
      [
        ['DPoP algs="ES256"', true],
        ['Bearer', true],
      ],
    ])
    expect(JSON.parse(denied!.body!)).toMatchObject({ code: 'request.uncredentialed', hop: 'edge' })
  })

  test('what a client forges is removed, every field of every list, and what Envoy would obey', async () => {
    await up()
    const forged = [...FORGED, ...SENSITIVE_FIELDS.flatMap((name) => [name, 'x']), 'X-Envoy-Retry-On', '5xx', 'X-Envoy-Original-Path', '/admin']
    const fields = [...credentials(), ...forged]
    const answer = await ask({ fields })
    expect(codeIn(answer)).toBeUndefined()
    const passed = passedOn(fields, answer)
    const names = passed.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase())
    expect(names.toSorted()).toEqual(
      [
        'authorization',
        'dpop',
        'connection',
        'everyhop-hop',
        'everyhop-next',
        'signature',
        'signature-input',
        'x-forwarded-for',
        'x-forwarded-proto',
      ].toSorted(),
    )
  })

  for (const [what, asked, code] of [
    ['a spelling that is on no list', () => ({ fields: [...credentials(), 'X-SSL-Anything', 'x'] }), 'path.stray'],
    ['a proof twice', () => ((fields) => ({ fields: [...fields, 'DPoP', fields[3]!] }))(credentials()), 'proof.repeated'],
    ['an undeclared path', () => ({ fields: credentials({ htu: `${BASE}/admin` }), target: '/admin' }), 'route.undeclared'],
    ['a path that is another', () => ({ fields: credentials(), target: '/orders/a%2Fb' }), 'proof.target'],
    ['a proof of another method', () => ({ fields: credentials({ htm: 'GET' }), method: 'POST' }), 'proof.method'],
    ['a fragment', () => ({ fields: credentials(), target: '/orders/1#x' }), 'request.target'],
  ] as const) {
    test(`refused: ${what}`, async () => {
      await up()
      expect(codeIn(await ask(asked()))).toBe(code)
    })
  }

  test("the client's certificate is attested; without it its token is refused", async () => {
    await up()
    const { cert, der } = pki.client
    const fields = ['Authorization', `Bearer ${tokenFor({ 'x5t#S256': sha256(der) })}`]
    const certificate = encodeURIComponent(cert)
    expect(set(await ask({ fields, certificate }))['client-cert']).toBe(`:${der.toString('base64')}:`)
    expect(codeIn(await ask({ fields }))).toBe('token.no-certificate')
    await expect(ask({ fields, certificate: 'nonsense' })).rejects.toMatchObject({ code: 3 })
  })

  test('a nonce is given with the refusal and with the answer; a used proof is refused', async () => {
    await up({ replayAuthority: true, proof: { ...edgeSlice().slice.proof, nonce: 'required' } })
    const refused = await ask({ fields: credentials() })
    const nonce = refused.denied_response!.headers!.find(({ header }) => header.key === 'DPoP-Nonce')!.header.value
    const fields = credentials({ nonce })
    const answer = await ask({ fields })
    expect(answer.ok_response!.response_headers_to_add!.map(({ header }) => header.key)).toEqual(['DPoP-Nonce', 'Cache-Control'])
    expect(codeIn(await ask({ fields }))).toBe('proof.replayed')
  })

  test("Envoy's own second try of one request gets the same answer", async () => {
    await up({ replayAuthority: true })
    const fields = credentials()
    const answers = await Promise.all([ask({ fields, id: '7' }), ask({ fields, id: '7' })])
    expect(new Set(answers.map((answer) => set(answer)['signature'])).size).toBe(1)
    expect(codeIn(await ask({ fields, id: '8' }))).toBe('proof.replayed')
  })
})

describe('what is no question is an error, so that Envoy refuses', () => {
  test('fields that were joined, since somebody turned encode_raw_headers off; a path or method that is said in two ways', async () => {
    await up()
    const { attributes } = question({ fields: credentials() })
    const { header_map: map, ...http } = attributes.request.http
    const joined = Object.fromEntries(map.headers.map(({ key, raw_value: value }) => [key, value.toString()]))
    for (const changed of [
      { ...http, headers: joined },
      { ...http, header_map: map, path: '/orders/2' },
      { ...http, header_map: map, method: 'PUT' },
    ]) {
      await expect(envoy.check({ attributes: { ...attributes, request: { http: changed } } })).rejects.toMatchObject({ code: 3 })
    }
    await expect(envoy.check({})).rejects.toMatchObject({ code: 3 })
  })

  for (const [what, bytes, status] of [
    ['no frame', Buffer.from('x'), '3'],
    ['a frame shorter than it says', Buffer.from([0, 0, 0, 0, 9, 1]), '3'],
    ['a compressed frame', Buffer.from([1, 0, 0, 0, 0]), '3'],
    ['an endless number', Buffer.from([0, 0, 0, 0, 12, 8, ...Array.from({ length: 11 }, () => 0xff)]), '3'],
    ['a length beyond the end', Buffer.from([0, 0, 0, 0, 2, 10, 100]), '3'],
    ['a group', Buffer.from([0, 0, 0, 0, 1, 11]), '3'],
  ] as const) {
    test(what, async () => {
      await up()
      expect(await raw('/envoy.service.auth.v3.Authorization/Check', bytes)).toBe(status)
    })
  }

  test('another service, and another kind of request', async () => {
    await up()
    expect(await raw('/grpc.health.v1.Health/Check', Buffer.alloc(5))).toBe('12')
    expect((await stat(join(dir, 'envoy.sock'))).mode & 0o777).toBe(0o600)
  })
})

function raw(path: string, body: Buffer): Promise<unknown> {
  const session = connect('http://localhost', { createConnection: () => socketTo(join(dir, 'envoy.sock')) })
  return new Promise((resolve, reject) => {
    const stream = session.request({ ':method': 'POST', ':path': path, 'content-type': 'application/grpc' })
    stream.on('response', (headers) => resolve(headers['grpc-status'])).on('error', reject)
    stream.on('close', () => session.close()).resume()
    stream.end(body)
  })
}
