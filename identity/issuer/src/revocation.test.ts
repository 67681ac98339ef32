import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { RevocationFeed } from './index.js'
import { ask, askBound, holder, now, part, stand, type Answered, type Stand } from './issuer.testkit.js'

let at: Stand
beforeAll(async () => {
  at = await stand()
})
afterAll(() => at.issuer.close())

const hash = (jti: string) => createHash('sha256').update(jti).digest('base64url')
const feed = async () => (await (await fetch(`${at.url}/revocations`)).json()) as RevocationFeed
const revoked = async (jti: string) => (await feed()).revoked.some(({ id }) => id === hash(jti))
const issue = async () => {
  const token = String((await askBound(at)).body['access_token'])
  return { token, ...part(token, 1) }
}
const revoke = (token: string, more: object = {}): Promise<Answered> => ask(at, { path: '/revoke', form: { token }, ...more })

test('own token: 200, and the feed has the hash of its jti until its exp, and nothing else of it', async () => {
  const { token, jti, exp } = await issue()
  expect(await revoked(jti)).toBe(false)
  expect((await revoke(token)).status).toBe(200)
  const response = await fetch(`${at.url}/revocations`)
  expect(response.headers.get('cache-control')).toBe('no-store')
  const text = await response.text()
  const { schema, watermark, revoked: entries } = JSON.parse(text) as RevocationFeed
  expect(schema).toBe('everyhop.revocations/1')
  expect(Math.abs(watermark - Date.now() / 1000)).toBeLessThan(2)
  expect(entries.find(({ id }) => id === hash(jti))).toEqual({ id: hash(jti), until: exp })
  expect(text).not.toContain(jti)
  expect(text).not.toContain('shop')
})

test("another client's token: 200 without effect", async () => {
  const { token, jti } = await issue()
  expect((await revoke(token, { id: 'rival' })).status).toBe(200)
  expect(await revoked(jti)).toBe(false)
})

test('with the key of another client: 401 without effect', async () => {
  const { token, jti } = await issue()
  expect((await revoke(token, { as: at.keys.get('rival') })).status).toBe(401)
  expect((await revoke(token, { as: await holder() })).status).toBe(401)
  expect(await revoked(jti)).toBe(false)
})

test('without authentication: refused without effect', async () => {
  const { token, jti } = await issue()
  const response = await fetch(`${at.url}/revoke`, { method: 'POST', body: new URLSearchParams({ token, client_id: 'shop' }) })
  expect(response.status).toBe(401)
  expect(await revoked(jti)).toBe(false)
})

test('garbage, a token with a broken signature, and one that somebody else signed: 200 without effect', async () => {
  const before = (await feed()).revoked.length
  const { token } = await issue()
  const [head, , tail] = token.split('.')
  const forged = Buffer.from(JSON.stringify({ iss: at.url, client_id: 'shop', jti: 'x', exp: now() + 60 })).toString('base64url')
  for (const garbage of ['x', 'a.b.c', `${head}.${forged}.${tail}`, `${Buffer.from('{"alg":"none","typ":"at+jwt"}').toString('base64url')}.${forged}.`]) {
    expect((await revoke(garbage)).status).toBe(200)
  }
  expect((await feed()).revoked).toHaveLength(before)
})

test('no token: 400', async () => {
  expect((await ask(at, { path: '/revoke' })).body['error']).toBe('invalid_request')
})
