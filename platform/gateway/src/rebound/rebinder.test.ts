import { createPublicKey } from 'node:crypto'
import type { Slice } from '@everyhop/chain'
import { readCompact, sha256, signatureHolds, signCompact, thumbprintOf, type Json } from '@everyhop/proof'
import type { Fetch } from '@everyhop/verifier'
import { beforeEach, describe, expect, test } from 'vitest'
import { createDecider, type Ruling } from '../decider.js'
import { credentials, edgeSlice, issuerFetch, jwkOf, KEYS, proofFor, receiptsSink, tokenFor } from '../gateway.testkit.js'
import { gatewayConfig } from '../config/gateway-config.js'

/** An edge that rebinds, before an issuer that is a function. */
const INNER = 'http://orders.internal:8080'
const SLICE = edgeSlice({ replayAuthority: false, next: { mode: 'rebound', hops: [{ hop: 'orders', authority: 'orders.internal:8080', base: INNER }] } })
const CLAIMS = { iss: 'https://id.test', sub: 'shop', aud: INNER, client_id: 'shop', jti: 'child' }

type Asked = { readonly form: URLSearchParams; readonly proof: Json }
type Said = { readonly status?: number; readonly json?: unknown; readonly nonce?: string }

let asked: Asked[] = []
let faults: string[] = []
let time = Math.floor(Date.now() / 1000)
let answer: (question: Asked) => Said | Promise<Said>
let issued = 0

const claimsOf = (jws: string): Json => readCompact(jws, 16_384)!.payload
const issue = (lifetime = 300): Said => {
  const token = signCompact(
    { typ: 'at+jwt' },
    { ...CLAIMS, jti: String((issued += 1)), exp: Math.floor(time) + lifetime, cnf: { jkt: thumbprintOf(KEYS.edge.publicKey) } },
    KEYS.issuer.privateKey,
  )
  return { json: { access_token: token, token_type: 'DPoP', expires_in: lifetime } }
}

const METADATA = { issuer: 'https://id.test', jwks_uri: 'https://id.test/jwks', token_endpoint: 'https://id.test/token' }
const fetch: Fetch = async (url, init) => {
  const respond = ({ status = 200, json = {}, nonce }: Said) => ({
    ok: status === 200,
    status,
    headers: { get: (name: string) => (name === 'dpop-nonce' ? (nonce ?? null) : null) },
    body: [Buffer.from(typeof json === 'string' ? json : JSON.stringify(json))] as unknown as AsyncIterable<Uint8Array>,
  })
  if (url.includes('.well-known')) return respond({ json: METADATA })
  if (url !== 'https://id.test/token') return issuerFetch(url, init)
  const question = { form: new URLSearchParams(init.body), proof: claimsOf(init.headers['dpop'] ?? '') }
  asked.push(question)
  return respond(await answer(question))
}

const decider = (changes: Partial<Slice> = {}, deadlineMs = 1_500) =>
  createDecider({
    slice: { ...SLICE, slice: { ...SLICE.slice, ...changes } },
    key: KEYS.edge.privateKey,
    fetch,
    clock: () => time,
    deadlineMs,
    onFault: (reason) => faults.push(reason),
  })

beforeEach(() => {
  asked = []
  faults = []
  time = Math.floor(Date.now() / 1000)
  answer = () => issue()
})

const request = (fields: readonly string[] = credentials()) => ({
  method: 'GET',
  target: '/orders/1?page=2',
  rawHeaders: fields,
  earlyData: false,
  removes: true,
})
const fieldsIn = (ruling: Ruling): ReadonlyMap<string, string> => new Map(ruling.verdict === 'pass' ? ruling.fields : [])
const codeIn = (ruling: Ruling): unknown => (ruling.verdict === 'refuse' ? [ruling.refusal.status, (JSON.parse(ruling.refusal.body) as Json)['code']] : 'pass')

test("the token of the answer goes on, with a proof of the hop's own key for the next hop, fresh each time", async () => {
  const edge = decider()
  const rulings = [await edge.decide(request()), await edge.decide(request())]
  const [first, second] = rulings.map((ruling) => fieldsIn(ruling).get('DPoP') ?? '')
  const token = fieldsIn(rulings[0]!).get('Authorization')!.slice('DPoP '.length)
  const proof = readCompact(first!, 8_192)!
  expect(proof.payload).toMatchObject({ htm: 'GET', htu: `${INNER}/orders/1`, ath: sha256(token), iat: time })
  expect(proof.header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256', jwk: jwkOf(KEYS.edge.publicKey) })
  expect(signatureHolds('ES256', createPublicKey(KEYS.edge.privateKey), proof.signingInput, proof.signature)).toBe(true)
  expect([proof.payload['jti'] === claimsOf(second!)['jti'], asked.length]).toEqual([false, 1])
})

test('the issuer is asked as a hop, with what the client has proven', async () => {
  const fields = credentials()
  await decider().decide(request(fields))
  const { form, proof } = asked[0]!
  const token = fields[1]!.slice('DPoP '.length)
  expect(Object.fromEntries(form)).toMatchObject({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token: token,
    resource: INNER,
    client_id: 'edge',
  })
  expect(proof).toMatchObject({ htm: 'POST', htu: 'https://id.test/token' })
  expect(claimsOf(form.get('actor_token') ?? '')).toMatchObject({
    iss: 'edge',
    sub: 'edge',
    aud: 'https://id.test',
    htm: 'GET',
    target: '/orders/1',
    scheme: 'DPoP',
    ath: sha256(token),
    proof: fields[3],
  })
  expect(claimsOf(form.get('client_assertion') ?? '')).toMatchObject({ iss: 'edge', sub: 'edge', aud: 'https://id.test' })
})

test('a certificate is told where the token is bound to one', async () => {
  const certificate = Buffer.from('stands for DER bytes: only their hash counts')
  const token = tokenFor({ 'x5t#S256': sha256(certificate) })
  const ruling = await decider().decide({ ...request(['Authorization', `Bearer ${token}`]), certificate })
  expect(codeIn(ruling)).toBe('pass')
  expect(claimsOf(asked[0]!.form.get('actor_token') ?? '')).toMatchObject({ scheme: 'Bearer', certificate: certificate.toString('base64'), ath: sha256(token) })
  expect([...fieldsIn(ruling).keys()]).toEqual(['Authorization', 'DPoP'])
})

test('requests that come at once wait for one exchange', async () => {
  const edge = decider()
  const rulings = await Promise.all(Array.from({ length: 8 }, () => edge.decide(request())))
  expect([rulings.map(({ verdict }) => verdict), asked.length]).toEqual([Array.from({ length: 8 }, () => 'pass'), 1])
})

describe('a token that was exchanged before does not serve', () => {
  const again = async (second: () => readonly string[], between: () => void = () => undefined) => {
    const edge = decider({ routes: [{ ...SLICE.slice.routes[0]!, clients: 'any' }] })
    expect((await edge.decide(request())).verdict).toBe('pass')
    between()
    expect(codeIn(await edge.decide(request(second())))).toBe('pass')
    return asked.length
  }
  const withToken = (token: string) => ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token, { iat: time })]
  const jkt = thumbprintOf(KEYS.client.publicKey)
  test('shortly before its end', async () => {
    answer = () => issue(20)
    expect(
      await again(
        () => withToken(tokenFor()),
        () => void (time += 15),
      ),
    ).toBe(2)
  })
  test('another scope', async () => expect(await again(() => withToken(tokenFor({ jkt }, { scope: 'orders.read' })))).toBe(2))
  test('another subject', async () => expect(await again(() => withToken(tokenFor({ jkt }, { sub: 'ann' })))).toBe(2))
  test('another client', async () => expect(await again(() => withToken(tokenFor({ jkt }, { client_id: 'bill' })))).toBe(2))
  test('a parent that ends before it', async () => expect(await again(() => withToken(tokenFor({ jkt }, { exp: time + 100 })))).toBe(2))
  test('but for another token of the same', async () => expect(await again(() => withToken(tokenFor()))).toBe(1))
})

test('a key that takes over gets tokens of its own', async () => {
  const next = KEYS.middle
  const keys = [{ key: KEYS.edge.privateKey }, { key: next.privateKey, from: time + 60 }]
  const slice = { ...SLICE, slice: { ...SLICE.slice, keys: [KEYS.edge, next].map(({ publicKey }) => jwkOf(publicKey)) } }
  const edge = createDecider({ slice, key: keys, fetch, clock: () => time })
  const shown = async () => {
    const token = tokenFor()
    const ruling = await edge.decide(request(['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token, { iat: time })]))
    return [readCompact(fieldsIn(ruling).get('DPoP') ?? '', 8_192)?.header['jwk'], asked.length]
  }
  expect(await shown()).toEqual([jwkOf(KEYS.edge.publicKey), 1])
  time += 60
  expect(await shown()).toEqual([jwkOf(next.publicKey), 2])
})

test("the client's own proof is judged each time", async () => {
  const edge = decider()
  const token = tokenFor()
  expect(codeIn(await edge.decide(request(['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token)])))).toBe('pass')
  expect(codeIn(await edge.decide(request(['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token, { htm: 'POST' })])))).toEqual([401, 'proof.method'])
  expect(codeIn(await edge.decide(request(['Authorization', `DPoP ${token}`])))).toEqual([401, 'proof.missing'])
})

test('an issuer that wants its nonce gets it', async () => {
  answer = ({ proof }) => (proof['nonce'] === 'n1' ? issue() : { status: 400, json: { error: 'use_dpop_nonce' }, nonce: 'n1' })
  expect(codeIn(await decider().decide(request()))).toBe('pass')
  expect(asked.map(({ proof }) => proof['nonce'])).toEqual([undefined, 'n1'])
})

const FAILURES: readonly (readonly [string, () => Said | Promise<Said>, string])[] = [
  ['refuses', () => ({ status: 400, json: { error: 'invalid_grant' } }), 'the issuer refused the exchange: invalid_grant'],
  ['answers with something else', () => ({ status: 502, json: '<html>' }), 'the issuer refused the exchange: status 502'],
  ['gives a bearer token', () => ({ json: { access_token: 'x', token_type: 'Bearer' } }), 'the issuer gave no token that is bound to the key of this hop'],
  ['gives nothing', () => ({}), 'the issuer gave no token that is bound to the key of this hop'],
  ['gives too much', () => ({ json: 'x'.repeat(70_000) }), 'the answer of the issuer is too large'],
  ['is gone', () => Promise.reject(new Error('ECONNREFUSED with a token')), 'the issuer did not answer in time'],
]
for (const [what, says, fault] of FAILURES) {
  test(`an issuer that ${what}: 503, the verifier at fault, and the next request asks again`, async () => {
    const edge = decider()
    answer = says
    expect(codeIn(await edge.decide(request()))).toEqual([503, 'exchange.unavailable'])
    expect(faults).toEqual([fault])
    answer = () => issue()
    expect(codeIn(await edge.decide(request()))).toBe('pass')
  })
}

test('what was refused for want of a token is on record as refused', async () => {
  answer = () => ({ status: 503 })
  const { receipts, append } = receiptsSink()
  const edge = createDecider({ slice: SLICE, key: KEYS.edge.privateKey, fetch, clock: () => time, sink: { append } })
  expect(codeIn(await edge.decide(request()))).toEqual([503, 'exchange.unavailable'])
  expect(receipts.at(-1)).toMatchObject({ decision: 'deny', code: 'exchange.unavailable', fault: 'verifier', client: 'shop', route: '/orders/**', hop: 'edge' })
  answer = () => issue()
  await edge.decide(request())
  expect(receipts.at(-1)).toMatchObject({ decision: 'allow' })
})

test('an issuer that does not answer ends with the deadline', async () => {
  answer = () => new Promise(() => undefined)
  expect(codeIn(await decider({}, 50).decide(request()))).toEqual([503, 'exchange.unavailable'])
})

test('what the slice does not say, or a gateway cannot do, is refused at set-up', () => {
  const hops = [{ hop: 'orders', authority: 'orders.internal:8080' }]
  expect(() => decider({ next: { mode: 'rebound', hops } })).toThrow('under which URL')
  expect(() => createDecider({ slice: SLICE, fetch })).toThrow('hop edge signs: give its private key')
  const options = { socket: '/run/eh/sock', certificate: '/c.pem', certificateKey: '/c.key', clientCa: '/ca.pem' }
  expect(gatewayConfig('nginx', SLICE.slice, options)[0]?.text).toContain('proxy_set_header Authorization $everyhop_authorization;')
})
