import { createKeyPair } from '@everyhop/proof'
import { type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Fetch } from './fetch-json.js'
import { createKeySet } from './key-set.js'

const ISSUER = 'https://id.test'
const JWKS = 'https://id.test/jwks'
const ALGS = ['ES256', 'EdDSA', 'RS256'] as const

const pair = (): { publicKey: KeyObject; privateKey: KeyObject } => createKeyPair('ec', { namedCurve: 'P-256' })
const jwk = (key: KeyObject, more: object = {}): object => ({ ...key.export({ format: 'jwk' }), kid: 'k1', ...more })

/** One issuer that answers with what `keys` holds, and headers. */
function issuer(keys: unknown, headers: Record<string, string> = {}) {
  const state = { keys, headers, answers: 'well' as 'well' | 'never' | 'badly' }
  const fetched: string[] = []
  const fetch: Fetch = (url) => {
    fetched.push(url)
    if (state.answers === 'never') return new Promise(() => undefined)
    if (state.answers === 'badly') return Promise.reject(new TypeError('fetch failed'))
    const body = [Buffer.from(JSON.stringify(Array.isArray(state.keys) ? { keys: state.keys } : state.keys))] as never
    return Promise.resolve({ ok: true, body, headers: { get: (name: string) => state.headers[name] ?? null } })
  }
  return { state, fetched, set: createKeySet({ url: ISSUER, jwksUri: JWKS, algs: ALGS }, fetch) }
}

describe('which keys of a set count', () => {
  const ed25519 = createKeyPair('ed25519').publicKey
  const asked = async (keys: unknown, alg: 'ES256' | 'EdDSA' | 'Ed25519' | 'RS256' = 'ES256', kid: string | undefined = 'k1') => {
    const { set } = issuer(keys)
    await set.refresh(0)
    return set.find(kid, alg) !== undefined
  }
  test('a key may say EdDSA where the token says Ed25519, and the other way; nothing else', async () => {
    const said = (alg: string) => [jwk(ed25519, { alg })]
    expect(await Promise.all([asked(said('EdDSA'), 'Ed25519'), asked(said('Ed25519'), 'EdDSA'), asked(said('EdDSA'), 'EdDSA')])).toEqual([true, true, true])
    expect(await Promise.all([asked(said('ES256'), 'EdDSA'), asked(said('EdDSA'), 'ES256'), asked(said('Ed25519'), 'ES256')])).toEqual([false, false, false])
  })
  const { publicKey, privateKey } = pair()
  const cases: readonly (readonly [what: string, keys: unknown, counts: boolean])[] = [
    ['a plain one', [jwk(publicKey)], true],
    ['one for signatures', [jwk(publicKey, { use: 'sig', key_ops: ['verify'] })], true],
    ['one for encryption', [jwk(publicKey, { use: 'enc' })], false],
    ['one for other operations', [jwk(publicKey, { key_ops: ['deriveKey'] })], false],
    ['a private one', [jwk(privateKey)], false],
    ['a symmetric one', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }], false],
    ['one of another curve', [jwk(createKeyPair('ec', { namedCurve: 'P-384' }).publicKey)], false],
    ['a point off the curve', [{ ...jwk(publicKey), x: Buffer.alloc(32, 1).toString('base64url') }], false],
    ['no key at all', [null, 'key', 7, {}], false],
    ['a good one beside others', [{ kty: 'oct', k: 'c2VjcmV0', kid: 'k1' }, null, jwk(publicKey)], true],
    ['64 of them', Array.from({ length: 64 }, () => jwk(publicKey)), true],
    ['65 of them', Array.from({ length: 65 }, () => jwk(publicKey)), false],
    ['no set', { keys: 'none' }, false],
  ]
  for (const [what, keys, counts] of cases) test(`${what}: ${counts ? 'yes' : 'no'}`, async () => expect(await asked(keys)).toBe(counts))

  test('without a kid in the token, a key counts only where it is the only one that fits', async () => {
    const without = async (keys: readonly object[]) => {
      const { set } = issuer(keys)
      await set.refresh(0)
      return set.find(undefined, 'ES256') !== undefined
    }
    expect(await without([jwk(publicKey), jwk(ed25519, { kid: 'k2' })])).toBe(true)
    expect(await without([jwk(publicKey), jwk(pair().publicKey, { kid: 'k2' })])).toBe(false)
  })
  test('one that is only for algorithms with which the issuer is not declared does not count, and the reason says so', async () => {
    const rsa = createKeyPair('rsa', { modulusLength: 2048 }).publicKey
    const answer = { ok: true, body: [Buffer.from(JSON.stringify({ keys: [jwk(rsa), jwk(publicKey, { alg: 'ES384' })] }))] as never }
    const set = createKeySet({ url: ISSUER, jwksUri: JWKS, algs: ['ES256'] }, () => Promise.resolve(answer))
    expect([await set.refresh(0), set.defect()]).toEqual([false, 'none of its keys is for ES256'])
  })
  test('a small RSA key does not count', async () => {
    const rsa = (modulusLength: number) => [jwk(createKeyPair('rsa', { modulusLength }).publicKey)]
    expect(await Promise.all([asked(rsa(2048), 'RS256'), asked(rsa(1024), 'RS256')])).toEqual([true, false])
  })
})

describe('how long keys count', () => {
  test('as long as the answer says, within bounds', async () => {
    const { publicKey } = pair()
    const freshUntil = async (headers: Record<string, string>): Promise<number> => {
      const { set } = issuer([jwk(publicKey)], headers)
      await set.refresh(0)
      // Past the time for fetching ahead a second set would come: the bound is looked for from behind.
      return Array.from({ length: 4_000 }, (_, second) => 4_000 - second).find((second) => set.areFresh(second)) ?? 0
    }
    expect(await freshUntil({})).toBe(300)
    expect(await freshUntil({ 'cache-control': 'public, max-age=600' })).toBe(600)
    expect(await freshUntil({ 'cache-control': 'max-age=600', age: '100' })).toBe(500)
    expect(await freshUntil({ 'cache-control': 'max-age=31536000' })).toBe(1_800)
    expect(await freshUntil({ 'cache-control': 'max-age=1' })).toBe(60)
    expect(await freshUntil({ 'cache-control': 'no-store, max-age=600' })).toBe(60)
    expect(await freshUntil({ 'cache-control': 'private' })).toBe(300)
  })
  test('newer ones are fetched ahead, and nobody waits', async () => {
    const { publicKey } = pair()
    const { set, fetched } = issuer([jwk(publicKey)])
    await set.refresh(0)
    expect([set.areFresh(240), fetched.length]).toEqual([true, 1])
    expect([set.areFresh(241), fetched.length]).toEqual([true, 2])
    await set.refresh(241)
    expect([set.areFresh(500), fetched.length]).toEqual([true, 3])
  })
  test('old ones for a short while only are waited for, where the issuer hangs; then they are over', async () => {
    const { publicKey } = pair()
    const { set, state } = issuer([jwk(publicKey)])
    await set.renew(0)
    state.answers = 'never'
    await set.renew(301)
    expect(set.areInForce(301)).toBe(true)
    expect(await Promise.race([set.renew(302).then(() => 'at once'), Promise.resolve().then(() => Promise.resolve('waits'))])).toBe('at once')
    expect([set.areInForce(3_600), set.areInForce(3_601)]).toEqual([true, false])
    expect(await Promise.race([set.renew(3_601), Promise.resolve('waits')])).toBe('waits')
  })
  test('are not fetched again for five seconds, whoever asks', async () => {
    const { publicKey } = pair()
    const { set, state, fetched } = issuer([jwk(publicKey)])
    state.answers = 'badly'
    expect([await set.refresh(0), await set.refresh(4.9), fetched.length]).toEqual([false, false, 1])
    state.answers = 'well'
    expect([await set.refresh(5.1), await set.refresh(10), fetched.length, set.defect()]).toEqual([true, true, 2, undefined])
    expect([await set.refresh(10.2), fetched.length]).toEqual([true, 3])
  })
  test('are tried again five seconds after a failure ended, not after it began', async () => {
    const fetched: string[] = []
    const set = createKeySet({ url: ISSUER, jwksUri: JWKS, algs: ALGS }, async (url) => {
      fetched.push(url)
      await new Promise((resolve) => setTimeout(resolve, 60))
      throw new TypeError('fetch failed')
    })
    await set.refresh(0)
    await set.refresh(5.04)
    expect(fetched).toHaveLength(1)
  })
  test('a clock that is set back makes them old', async () => {
    const { publicKey } = pair()
    const { set } = issuer([jwk(publicKey)])
    await set.refresh(10_000)
    expect([set.areFresh(9_700), set.areFresh(9_699), set.areInForce(6_399)]).toEqual([true, false, false])
  })
  test('a key that is still published stays the same object', async () => {
    const { publicKey } = pair()
    const { set, state } = issuer([jwk(publicKey)])
    await set.refresh(0)
    const before = set.find('k1', 'ES256')
    state.keys = [jwk(pair().publicKey, { kid: 'k2' }), jwk(publicKey)]
    await set.refresh(10)
    expect(set.find('k1', 'ES256')).toBe(before)
    expect(set.find('k2', 'ES256')).not.toBe(before)
  })
  test('an issuer that takes back all keys is believed', async () => {
    const { publicKey } = pair()
    const { set, state } = issuer([jwk(publicKey)])
    await set.refresh(0)
    state.keys = []
    expect(await set.refresh(10)).toBe(false)
    expect([set.areInForce(10), set.defect()]).toEqual([false, 'none of its keys is for ES256 or EdDSA or RS256'])
  })
})

describe('where the keys are found', () => {
  const from = async (documents: Readonly<Record<string, unknown>>, url = ISSUER) => {
    const fetched: string[] = []
    const set = createKeySet({ url, algs: ALGS }, (asked) => {
      fetched.push(asked)
      const found = documents[asked]
      return Promise.resolve({ ok: found !== undefined, status: 404, body: [Buffer.from(JSON.stringify(found ?? null))] as never })
    })
    await set.refresh(0)
    return { fetched, defect: set.defect() }
  }
  const keys = { keys: [jwk(pair().publicKey)] }
  const metadata = (issuer: string, jwks_uri: unknown) => ({ issuer, jwks_uri })

  test('in RFC 8414 metadata, before the path of the issuer', async () => {
    const url = 'https://id.test/tenant'
    const found = await from({ 'https://id.test/.well-known/oauth-authorization-server/tenant': metadata(url, JWKS), [JWKS]: keys }, url)
    expect(found).toEqual({ fetched: ['https://id.test/.well-known/oauth-authorization-server/tenant', JWKS], defect: undefined })
  })
  test('or in that of OpenID Connect, behind it', async () => {
    const url = 'https://id.test/tenant/'
    const found = await from({ 'https://id.test/tenant/.well-known/openid-configuration': metadata(url, JWKS), [JWKS]: keys }, url)
    expect(found.fetched).toEqual([
      'https://id.test/.well-known/oauth-authorization-server/tenant',
      'https://id.test/tenant/.well-known/openid-configuration',
      JWKS,
    ])
  })
  test('at another origin, where that is https', async () => {
    const elsewhere = 'https://keys.test/certs'
    const found = await from({ 'https://id.test/.well-known/oauth-authorization-server': metadata(ISSUER, elsewhere), [elsewhere]: keys })
    expect(found.defect).toBeUndefined()
  })
  const refused: Readonly<Record<string, unknown>> = {
    'another issuer': metadata('https://evil.test', JWKS),
    'no keys': metadata(ISSUER, undefined),
    'plain http': metadata(ISSUER, 'http://id.test/jwks'),
    'a service of this machine': metadata(ISSUER, 'http://127.0.0.1:6379/'),
    'another scheme': metadata(ISSUER, 'file:///etc/passwd'),
    'a name and password': metadata(ISSUER, 'https://a:b@id.test/jwks'),
  }
  test.each([
    ['https://id.test', 'https://id.test/', 'with a slash'],
    ['https://id.test/', 'https://id.test', 'without the slash'],
  ])('%s is not %s, and the reason says that it is a slash', async (url, named, reason) => {
    const { defect } = await from({ 'https://id.test/.well-known/oauth-authorization-server': metadata(named, JWKS), [JWKS]: keys }, url)
    expect(defect).toContain(reason)
  })
  for (const [what, document] of Object.entries(refused)) {
    test(`never where metadata names ${what}`, async () => {
      const found = await from({ 'https://id.test/.well-known/openid-configuration': document, [JWKS]: keys })
      expect(found.defect).toContain('metadata')
      expect(found.fetched).toHaveLength(2)
    })
  }
})
