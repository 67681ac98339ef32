import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { RevocationFeed, SharedRevocation, SharedRevocations } from './index.js'
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

const asked = async (stood: Stand, hint: string, token: string, more: object = {}) => {
  const { status, body } = await ask(stood, { path: '/revoke', form: { token, token_type_hint: hint }, ...more })
  return [status, body['error']]
}
const feedOf = async ({ url }: Stand, after?: string) =>
  (await (await fetch(`${url}/revocations${after === undefined ? '' : `?after=${encodeURIComponent(after)}`}`)).json()) as RevocationFeed

describe('clients and keys', () => {
  let stood: Stand
  beforeAll(async () => {
    stood = await stand({}, { operators: ['billco'] })
  })
  afterAll(() => stood.issuer.close())
  const jktOf = (id: string) => stood.keys.get(id)!.jkt

  test('a client revokes itself: what it was issued until now, and nothing that it is issued later', async () => {
    expect(await asked(stood, 'everyhop_client', 'shop')).toEqual([200, undefined])
    const entry = (await feedOf(stood)).revoked.find(({ kind, id }) => kind === 'client' && id === 'shop')!
    expect(entry.until - entry.before!).toBeGreaterThanOrEqual(stood.chain.policy.tokenLifetime)
    expect(Math.abs(entry.before! - now())).toBeLessThan(3)
    expect((await askBound(stood)).status).toBe(200)
  })
  test('no client revokes another, or a key, unless it is registered for that', async () => {
    expect(await asked(stood, 'everyhop_client', 'rival')).toEqual([400, 'unauthorized_client'])
    expect(await asked(stood, 'everyhop_key', jktOf('rival'))).toEqual([400, 'unauthorized_client'])
    expect(await asked(stood, 'everyhop_client', 'rival', { id: 'billco' })).toEqual([200, undefined])
  })
  test('without authentication, or with the key of another: refused without effect', async () => {
    const before = (await feedOf(stood)).cursor
    expect((await asked(stood, 'everyhop_key', jktOf('rival'), { id: 'billco', as: stood.keys.get('shop') }))[0]).toBe(401)
    const body = new URLSearchParams({ token: 'billco', token_type_hint: 'everyhop_client', client_id: 'billco' })
    expect((await fetch(`${stood.url}/revoke`, { method: 'POST', body })).status).toBe(401)
    expect((await feedOf(stood)).cursor).toBe(before)
  })
  test('what is not a thumbprint names no key', async () => {
    for (const bad of ['x', 'a.b.c', `${'a'.repeat(42)}b`]) expect(await asked(stood, 'everyhop_key', bad, { id: 'billco' })).toEqual([400, 'invalid_request'])
  })
  test('a key that an operator revoked stays so, and gets no token', async () => {
    expect((await askBound(stood)).status).toBe(200)
    const { cursor } = await feedOf(stood)
    expect(await asked(stood, 'everyhop_key', jktOf('shop'), { id: 'billco' })).toEqual([200, undefined])
    const { revoked: news } = await feedOf(stood, cursor)
    expect(news).toEqual([{ kind: 'key', id: jktOf('shop'), until: expect.any(Number) }])
    expect((await askBound(stood)).body['error']).toBe('unauthorized_client')
    expect((await askBound(stood, { id: 'rival' })).status).toBe(200)
  })
})

describe('with a store', () => {
  /** Keeps what it is given, unless it is down. */
  function shelf() {
    const kept: SharedRevocation[] = []
    const state = { isDown: false }
    const store: SharedRevocations = {
      async revoke(revocations) {
        if (state.isDown) throw new Error('down')
        kept.push(...revocations)
      },
      async changes(cursor = '0') {
        if (state.isDown) throw new Error('down')
        return { since: 7, revocations: kept.slice(Number(cursor)), cursor: String(kept.length), more: false }
      },
    }
    return { kept, state, store }
  }

  test('revocations outlive the issuer and reach its other instances', async () => {
    const { kept, store } = shelf()
    kept.push({ kind: 'key', id: 'k', until: 4_000_000_000 }, { kind: 'token', id: 'other', until: 4_000_000_000, issuer: 'https://other.test' })
    const [first, second] = [await stand({}, { revocations: store }), await stand({}, { revocations: store })]
    try {
      expect(await asked(first, 'everyhop_client', 'shop')).toEqual([200, undefined])
      expect(kept.at(-1)).toMatchObject({ kind: 'client', id: 'shop', issuer: first.url })
      const { since, revoked: told } = await feedOf(first)
      expect([since, told.map(({ id }) => id)]).toEqual([7, ['k', 'shop']])
      expect((await feedOf(second)).revoked.map(({ id }) => id)).toEqual(['k'])
    } finally {
      await Promise.all([first.issuer.close(), second.issuer.close()])
    }
  })
  test('that is down nothing is confirmed, and the feed says that it does not know', async () => {
    const { state, store } = shelf()
    const stood = await stand({}, { revocations: store })
    try {
      state.isDown = true
      expect(await asked(stood, 'everyhop_client', 'shop')).toEqual([503, 'temporarily_unavailable'])
      expect((await fetch(`${stood.url}/revocations`)).status).toBe(503)
    } finally {
      await stood.issuer.close()
    }
  })
  test('that cannot be read the issuer does not start', async () => {
    const { state, store } = shelf()
    state.isDown = true
    await expect(stand({}, { revocations: store })).rejects.toMatchObject({ code: 'config.revocations' })
  })
})

test('the feed says since when it knows, which is not before this process', async () => {
  const { since, watermark } = await feed()
  expect(since).toBeLessThanOrEqual(watermark)
  expect(now() - since).toBeLessThan(60)
})

describe('grants', () => {
  const withGrants = (grants: Readonly<Record<string, string>>, grantClaim?: string) =>
    stand({ ...(grantClaim !== undefined && { grantClaim }) }, { operators: ['billco'], grants })

  test('a token says its grant; who stands for it or is an operator may revoke it, and then it gets no other', async () => {
    const stood = await withGrants({ shop: 'contract-7', rival: 'contract-8' }, 'sid')
    try {
      const sidOf = async (id: string) => part((await askBound(stood, { id })).body['access_token'], 1)['sid']
      expect([await sidOf('shop'), await sidOf('rival')]).toEqual(['contract-7', 'contract-8'])
      expect(await asked(stood, 'everyhop_grant', 'contract-7', { id: 'rival' })).toEqual([400, 'unauthorized_client'])
      expect(await asked(stood, 'everyhop_grant', 'contract-7')).toEqual([200, undefined])
      const { revoked: entries } = await feedOf(stood)
      expect(entries).toEqual([{ kind: 'grant', id: hash('contract-7'), until: expect.any(Number) as number }])
      expect(JSON.stringify(entries)).not.toContain('contract-7')
      expect((await askBound(stood)).body['error']).toBe('unauthorized_client')
      expect((await askBound(stood, { id: 'rival' })).status).toBe(200)
      expect(await asked(stood, 'everyhop_grant', 'contract-8', { id: 'billco' })).toEqual([200, undefined])
      expect((await askBound(stood, { id: 'rival' })).body['error']).toBe('unauthorized_client')
    } finally {
      await stood.issuer.close()
    }
  })

  test.each([
    ['without a claim for it', undefined, 'contract-7', /declare grantClaim/],
    ['in a claim that says something else', 'sub', 'contract-7', /says something else/],
    ['that is empty', 'sid', '', /1 to 256/],
  ])('a grant %s stops the start', async (_, claim, grant, because) => {
    await expect(withGrants({ shop: grant }, claim)).rejects.toThrow(because)
  })
})
