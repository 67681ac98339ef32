import { describe, expect, test } from 'vitest'
import { createKeyPair, readCompact, sha256, signatureHolds, type Thumbprint } from '@everyhop/proof'
import type { Fetch } from './fetch-json.js'
import { createIntrospector, type IntrospectionCredentials } from './introspector.js'

const ISSUER = 'https://id.test'
const ENDPOINT = 'https://id.test/introspect'
const BASIC: IntrospectionCredentials = { method: 'client_secret_basic', clientId: 'guard', clientSecret: 's3cret' }
const ACTIVE = { active: true, iss: ISSUER, client_id: 'shop', aud: 'https://api.test', exp: 1_000, token_type: 'DPoP', cnf: { jkt: 'A'.repeat(43) } }

type Request = { readonly url: string; readonly method: string | undefined; readonly headers: Readonly<Record<string, string>>; readonly form: URLSearchParams }

/** An issuer that says what `answer` makes, and an introspector that asks it. */
function asking(answer: (request: Request) => unknown, { credentials = BASIC, headers = {} as Record<string, string> } = {}) {
  const requests: Request[] = []
  const fetch: Fetch = async (url, { method, headers: sent, body: form }) => {
    const request = { url, method, headers: sent, form: new URLSearchParams(form) }
    requests.push(request)
    const body = [Buffer.from(JSON.stringify(await answer(request)))] as never
    return { ok: true, body, headers: { get: (name: string) => headers[name] ?? null } }
  }
  const introspector = createIntrospector(ISSUER, ENDPOINT, credentials, fetch)
  const ask = (token: string, now = 0) => introspector.ask(token, sha256(token), now)
  const isKnown = (token: string, now: number): boolean => introspector.known(sha256(token) as Thumbprint, now) !== undefined
  return { introspector, requests, ask, isKnown }
}

describe('how it authenticates itself', () => {
  test('client_secret_basic: name and secret form-encoded, as RFC 6749 section 2.3.1 wants them', async () => {
    const { ask, requests } = asking(() => ACTIVE, { credentials: { ...BASIC, clientId: 'a b:c', clientSecret: 'p%ä' } as IntrospectionCredentials })
    await ask('opaque')
    const [{ url, method, headers, form } = {} as Request] = requests
    expect([url, method, headers['content-type']]).toEqual([ENDPOINT, 'POST', 'application/x-www-form-urlencoded'])
    expect(Buffer.from(headers['authorization']!.replace('Basic ', ''), 'base64').toString()).toBe('a+b%3Ac:p%25%C3%A4')
    expect(Object.fromEntries(form)).toEqual({ token: 'opaque', token_type_hint: 'access_token' })
  })
  test('client_secret_post', async () => {
    const { ask, requests } = asking(() => ACTIVE, { credentials: { ...BASIC, method: 'client_secret_post' } as IntrospectionCredentials })
    await ask('opaque')
    expect(Object.fromEntries(requests[0]!.form)).toEqual({ token: 'opaque', token_type_hint: 'access_token', client_id: 'guard', client_secret: 's3cret' })
    expect(requests[0]!.headers['authorization']).toBeUndefined()
  })
  test('private_key_jwt: a new assertion each time, for this issuer alone', async () => {
    const { privateKey, publicKey } = createKeyPair('ec', { namedCurve: 'P-256' })
    const { ask, requests } = asking(() => ACTIVE, { credentials: { method: 'private_key_jwt', clientId: 'guard', key: privateKey, kid: 'g1' } })
    await ask('one', 100.5)
    await ask('two', 101)
    const [first, second] = requests.map(({ form }) => readCompact(form.get('client_assertion')!, 2_000)!)
    expect(requests[0]!.form.get('client_assertion_type')).toBe('urn:ietf:params:oauth:client-assertion-type:jwt-bearer')
    expect(first!.header).toMatchObject({ alg: 'ES256', kid: 'g1' })
    expect(first!.payload).toMatchObject({ iss: 'guard', sub: 'guard', aud: ISSUER, iat: 100, exp: 160 })
    expect(signatureHolds('ES256', publicKey, first!.signingInput, first!.signature)).toBe(true)
    expect(second!.payload['jti']).not.toBe(first!.payload['jti'])
  })
  test('private_key_jwt with RSA signs with PSS', async () => {
    const { privateKey } = createKeyPair('rsa', { modulusLength: 2048 })
    const { ask, requests } = asking(() => ACTIVE, { credentials: { method: 'private_key_jwt', clientId: 'guard', key: privateKey } })
    await ask('one')
    expect(readCompact(requests[0]!.form.get('client_assertion')!, 2_000)!.header['alg']).toBe('PS256')
  })
  const wrong: Readonly<Record<string, object>> = {
    'no clientId': { ...BASIC, clientId: '' },
    'no clientSecret': { ...BASIC, clientSecret: '' },
    'a method that is not known': { ...BASIC, method: 'none' },
    'a public key': { method: 'private_key_jwt', clientId: 'guard', key: createKeyPair('ed25519').publicKey },
    'a key of another curve': {
      method: 'private_key_jwt',
      clientId: 'guard',
      kid: 'g1',
      key: createKeyPair('ec', { namedCurve: 'secp256k1' }).privateKey,
    },
    'a small key': { method: 'private_key_jwt', clientId: 'guard', key: createKeyPair('rsa', { modulusLength: 1024 }).privateKey },
    'no key': { method: 'private_key_jwt', clientId: 'guard' },
    'a cache of an hour': { ...BASIC, maxCacheSeconds: 3_600 },
    'a cache of NaN': { ...BASIC, maxCacheSeconds: Number.NaN },
    'no time at all': { ...BASIC, timeoutMs: 0 },
    'a minute to answer': { ...BASIC, timeoutMs: 60_000 },
  }
  for (const [what, credentials] of Object.entries(wrong)) {
    test(`${what} stops the start, and the secret is not in the message`, () => {
      const start = (): unknown => asking(() => ACTIVE, { credentials: credentials as IntrospectionCredentials })
      expect(start).toThrow(expect.objectContaining({ code: expect.stringMatching(/^config\.introspection-/) as string }) as Error)
      expect(start).not.toThrow(/s3cret/)
    })
  }
})

describe('how long an answer counts', () => {
  const until = async (answer: object, { headers = {}, maxCacheSeconds }: { headers?: Record<string, string>; maxCacheSeconds?: number } = {}) => {
    const credentials = { ...BASIC, ...(maxCacheSeconds === undefined ? {} : { maxCacheSeconds }) }
    const { ask, isKnown } = asking(() => answer, { headers, credentials })
    await ask('opaque', 0)
    return Array.from({ length: 800 }, (_, tenth) => tenth / 10).find((now) => !isKnown('opaque', now))
  }
  const noStore = { headers: { 'cache-control': 'no-store' } }
  test('a second, unless the answer or the operator says otherwise', async () => {
    expect(await until(ACTIVE)).toBe(1)
    expect(await until(ACTIVE, noStore)).toBe(0)
    expect(await until(ACTIVE, { headers: { 'cache-control': 'max-age=600' } })).toBe(1)
    expect(await until(ACTIVE, { maxCacheSeconds: 0 })).toBe(0)
    expect(await until(ACTIVE, { maxCacheSeconds: 30 })).toBe(30)
    expect(await until(ACTIVE, { maxCacheSeconds: 30, ...noStore })).toBe(30)
  })
  test('never beyond the end of the token', async () => {
    expect(await until({ ...ACTIVE, exp: 20 }, { maxCacheSeconds: 30 })).toBe(20)
    expect(await until({ ...ACTIVE, exp: -5 }, { maxCacheSeconds: 30 })).toBe(0)
  })
  test('five seconds where the token is not active', async () => {
    expect(await until({ active: false })).toBe(5)
  })
  test('not after the clock was set back', async () => {
    const { ask, isKnown } = asking(() => ACTIVE)
    await ask('opaque', 100)
    expect([isKnown('opaque', 100), isKnown('opaque', 99)]).toEqual([true, false])
  })
  test('what was active and is not any more is known as that only', async () => {
    let isActive = true
    const { ask, introspector } = asking(() => (isActive ? ACTIVE : { active: false }))
    expect((await ask('opaque', 0)).isActive).toBe(true)
    isActive = false
    expect((await ask('opaque', 2)).isActive).toBe(false)
    expect(introspector.known(sha256('opaque'), 2)?.isActive).toBe(false)
  })
  test('strangers push out no token that is active', async () => {
    const { ask, isKnown } = asking(({ form }) => (form.get('token') === 'honest' ? ACTIVE : { active: false }))
    await ask('honest')
    for (let index = 0; index < 10_001; index++) await ask(`garbage-${index}`)
    expect([isKnown('honest', 0), isKnown('garbage-0', 0), isKnown('garbage-1', 0)]).toEqual([true, false, true])
  })
})

/** Lets promises that are ready go on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

describe('how often it asks', () => {
  test('once for all who ask at the same time', async () => {
    const { ask, requests } = asking(() => ACTIVE, { credentials: { ...BASIC, maxCacheSeconds: 0 } })
    const said = await Promise.all(Array.from({ length: 64 }, () => ask('opaque')))
    expect([requests.length, said.every(({ isActive }) => isActive)]).toEqual([1, true])
    await ask('opaque')
    expect(requests).toHaveLength(2)
  })
  test('again where the question under way was asked more than a second ago', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const { ask } = asking(() => new Promise((resolve) => answers.push(resolve)))
    const early = ask('opaque', 0)
    const late = ask('opaque', 1.1)
    await turn()
    answers[1]!({ active: false })
    answers[0]!(ACTIVE)
    expect([(await early).isActive, (await late).isActive]).toEqual([true, false])
  })
  test('and what was said last is what is known, whichever answer comes first', async () => {
    const answers: ((answer: unknown) => void)[] = []
    const { ask, introspector } = asking(() => new Promise((resolve) => answers.push(resolve)), { credentials: { ...BASIC, maxCacheSeconds: 30 } })
    const early = ask('opaque', 0)
    const late = ask('opaque', 1.1)
    await turn()
    answers[1]!({ active: false })
    await late
    answers[0]!(ACTIVE)
    await early
    expect(introspector.known(sha256('opaque'), 1.1)?.isActive).toBe(false)
    const afterwards = ask('opaque', -3_600)
    await turn()
    answers[2]!(ACTIVE)
    await afterwards
    expect(introspector.known(sha256('opaque'), -3_600)?.isActive).toBe(true)
  })
  test('at most sixteen strangers at once, and the ones that are known have places of their own', async () => {
    const answers = new Map<string, (answer: unknown) => void>()
    let opened = true
    const { ask, requests } = asking(({ form }) => (opened ? ACTIVE : new Promise((resolve) => answers.set(form.get('token')!, resolve))))
    await ask('known', 0)
    opened = false
    const strangers = Array.from({ length: 528 }, (_, index) => ask(`stranger-${index}`, 2))
    await expect(ask('one too many', 2)).rejects.toThrow('too many questions at once')
    expect(requests).toHaveLength(17)
    const again = ask('known', 2)
    await turn()
    expect(requests).toHaveLength(18)
    answers.get('known')!(ACTIVE)
    expect((await again).isActive).toBe(true)
    opened = true
    for (const answer of answers.values()) answer({ active: false })
    expect((await Promise.all(strangers)).filter(({ isActive }) => isActive)).toHaveLength(512)
  })
})

describe('an answer that says neither yes nor no is none', () => {
  const answers: Readonly<Record<string, unknown>> = { 'an empty one': {}, 'a word': { active: 'true' }, 'a list': [], 'an error': { error: 'invalid_client' } }
  for (const [what, answer] of Object.entries(answers)) {
    test(what, async () => {
      const { ask, isKnown } = asking(() => answer)
      await expect(ask('opaque')).rejects.toThrow(/the answer/)
      expect(isKnown('opaque', 0)).toBe(false)
    })
  }
})

test('an issuer that takes too long has not answered', async () => {
  const { ask } = asking(() => new Promise(() => undefined), { credentials: { ...BASIC, timeoutMs: 20 } })
  await expect(ask('opaque')).rejects.toThrow('no answer in time')
})

test('a made-up token shows whether the issuer takes the credentials', async () => {
  const honest = asking(() => ({ active: false }))
  expect(await honest.introspector.defect(0)).toBeUndefined()
  expect(honest.requests[0]!.form.get('token')).toMatch(/^[\w-]{43}$/)
  expect(await asking(() => ACTIVE).introspector.defect(0)).toContain('made-up')
  const deaf = createIntrospector(ISSUER, ENDPOINT, BASIC, () => Promise.resolve({ ok: false, status: 401, body: null }))
  expect(await deaf.defect(0)).toBe('the answer has the status 401')
})
