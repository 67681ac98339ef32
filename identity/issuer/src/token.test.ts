import { request as httpRequest } from 'node:http'
import { createLocalJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { ask, askBound, assertion, BILLS, holder, now, ORDERS, part, proof, recorder, stand, type Stand } from './issuer.testkit.js'

let at: Stand
const sink = recorder()
beforeAll(async () => {
  at = await stand({}, { sink })
})
afterAll(() => at.issuer.close())

const own = (claims: Record<string, unknown> = {}) => proof(at.keys.get('shop')!, `${at.url}/token`, claims)

test('a bound token: DPoP type, cnf.jkt of the proof, audience, client, jti, policy lifetime, verifiable with the published keys', async () => {
  const { status, body, headers } = await askBound(at)
  expect(status).toBe(200)
  expect(body['token_type']).toBe('DPoP')
  expect(headers.get('cache-control')).toContain('no-store')
  const jwks = (await (await fetch(`${at.url}/jwks`)).json()) as JSONWebKeySet
  const { payload, protectedHeader } = await jwtVerify(String(body['access_token']), createLocalJWKSet(jwks), {
    issuer: at.url,
    audience: ORDERS,
    typ: 'at+jwt',
  })
  expect(protectedHeader.alg).toBe('ES256')
  expect(payload).toMatchObject({ aud: ORDERS, client_id: 'shop', sub: 'shop', cnf: { jkt: at.keys.get('shop')!.jkt } })
  expect(payload.jti).toBeTypeOf('string')
  expect(payload.exp! - payload.iat!).toBe(600)
  expect(body['expires_in']).toBe(600)
  expect(sink.issued.at(-1)).toMatchObject({ client: 'shop', audience: ORDERS, binding: ['dpop'], lifetime: 600 })
})

test('no proof, no token', async () => {
  const { status, body } = await ask(at, {})
  expect(status).toBe(400)
  expect(body).toMatchObject({ error: 'invalid_grant' })
  expect(body['access_token']).toBeUndefined()
})

test("a thief's proof binds the token to the thief's key, never to the client's", async () => {
  const thief = await holder()
  const { status, body } = await ask(at, { dpop: await proof(thief, `${at.url}/token`) })
  expect(status).toBe(200)
  expect(part(body['access_token'], 1).cnf).toEqual({ jkt: thief.jkt })
})

test('a proof whose key is not the one that signed it is refused', async () => {
  const thief = await holder()
  const { status, body } = await ask(at, { dpop: await proof({ ...thief, jwk: at.keys.get('shop')!.jwk }, `${at.url}/token`) })
  expect([status, body['error']]).toEqual([400, 'invalid_dpop_proof'])
})

test('parallel copies of one proof: exactly one token', async () => {
  const dpop = await own()
  const answers = await Promise.all(Array.from({ length: 8 }, () => ask(at, { dpop })))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 400)).toHaveLength(7)
  expect((await ask(at, { dpop })).status).toBe(400)
})

test('parallel copies of one client assertion: exactly one token', async () => {
  const form = { client_assertion: await assertion(at.url, 'shop', at.keys.get('shop')!) }
  const answers = await Promise.all(Array.from({ length: 6 }, () => askBound(at, { form })))
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 401, 401, 401, 401, 401])
})

const SPOILED: Readonly<Record<string, () => Promise<string | readonly string[]>>> = {
  'one second too old': () => own({ iat: now() - 67 }),
  'from the future beyond the skew': () => own({ iat: now() + 7 }),
  'iat as text': () => own({ iat: String(now()) }),
  'another method': () => own({ htm: 'GET' }),
  'another path': () => own({ htu: `${at.url}/tokens` }),
  'another host': () => own({ htu: 'https://evil.example/token' }),
  'no jti': () => own({ jti: undefined }),
  'a nonce that nobody gave': () => own({ nonce: 'x' }),
  'two fields': async () => [await own(), await own()],
  'not a JWS': async () => 'a.b',
}
for (const [name, spoil] of Object.entries(SPOILED)) {
  test(`proof refused: ${name}`, async () => {
    const { status, body } = await ask(at, { dpop: await spoil() })
    expect([status, body['error']]).toEqual([400, 'invalid_dpop_proof'])
  })
}

test('the target of proofs is the configured one, whatever Host says', async () => {
  const { port } = at.issuer
  const send = async (htu: string) => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      resource: ORDERS,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: await assertion(at.url, 'shop', at.keys.get('shop')!),
    }).toString()
    const headers = {
      Host: 'evil.example',
      'X-Forwarded-Host': 'evil.example',
      'Content-Type': 'application/x-www-form-urlencoded',
      DPoP: await proof(at.keys.get('shop')!, htu),
    }
    return new Promise<number>((resolve, reject) => {
      httpRequest({ port, host: '127.0.0.1', path: '/token', method: 'POST', headers }, (response) => resolve(response.resume().statusCode!))
        .on('error', reject)
        .end(body)
    })
  }
  expect(await send('http://evil.example/token')).toBe(400)
  expect(await send(`${at.url}/token`)).toBe(200)
})

test('unknown, foreign, missing and several resources are refused', async () => {
  const refused = async (form: Readonly<Record<string, string | readonly string[]>>) => (await askBound(at, { form })).body['error']
  expect(await refused({ resource: 'https://api.example.com/other' })).toBe('invalid_target')
  expect(await refused({ resource: `${ORDERS}/` })).toBe('invalid_target')
  expect(await refused({ resource: '' })).toBe('invalid_target')
  expect(await refused({ resource: [ORDERS, BILLS] })).toBe('invalid_target')
})

test('a scope that is not registered is refused', async () => {
  expect((await askBound(at, { form: { scope: 'admin' } })).body['error']).toBe('invalid_scope')
})

test('a registered scope is in the token', async () => {
  const { body } = await askBound(at, { form: { scope: 'orders.read' } })
  expect(body['scope']).toBe('orders.read')
  expect(part(body['access_token'], 1)['scope']).toBe('orders.read')
})

test('client assertions: another key, another audience, too long a life, no iat, none at all', async () => {
  const shop = at.keys.get('shop')!
  const sent = async (client_assertion: string) => (await askBound(at, { form: { client_assertion } })).status
  expect(await sent(await assertion(at.url, 'shop', at.keys.get('rival')!))).toBe(401)
  expect(await sent(await assertion(at.url, 'shop', shop, { aud: 'https://other.example' }))).toBe(401)
  expect(await sent(await assertion(at.url, 'shop', shop, { exp: now() + 3_600 }))).toBe(400)
  expect(await sent(await assertion(at.url, 'shop', shop, { iat: undefined }))).toBe(400)
  expect(await sent(await assertion(at.url, 'nobody', shop))).toBe(401)
  expect((await fetch(`${at.url}/token`, { method: 'POST', body: new URLSearchParams({ grant_type: 'client_credentials', client_id: 'shop' }) })).status).toBe(
    401,
  )
})

test('other grants do not exist', async () => {
  for (const grant_type of [
    'authorization_code',
    'refresh_token',
    'password',
    'urn:ietf:params:oauth:grant-type:token-exchange',
    'urn:ietf:params:oauth:grant-type:device_code',
  ]) {
    expect((await askBound(at, { form: { grant_type } })).body['error']).toBe('unsupported_grant_type')
  }
})
