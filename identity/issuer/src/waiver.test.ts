import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { ask, askBound, BILLS, client, now, ORDERS, part, proof, recorder, stand, type Stand, type Variation } from './issuer.testkit.js'

const START = 1_900_000_000
const END = START + 3_600
let at: Stand | undefined

/** oidc-provider reads `Date` itself: these tests move it. Timers stay real. */
beforeEach(() => void vi.useFakeTimers({ toFake: ['Date'], now: START * 1000 }))
afterEach(async () => {
  vi.useRealTimers()
  await at?.issuer.close()
})

const sink = recorder()
const legacy = async (variation: Variation = {}): Promise<Stand> => {
  at = await stand({ ...variation, waiver: { start: START, end: END, ...variation.waiver } }, { sink })
  return at
}
const bearer = (stand: Stand, id = 'billco') => ask(stand, { id, form: { resource: BILLS } })

test('a waiver in force: a bearer token under its ceiling, and the issuance is on record with the waiver', async () => {
  const { status, body } = await bearer(await legacy())
  expect([status, body['token_type'], body['expires_in']]).toEqual([200, 'Bearer', 120])
  const { exp, iat, cnf, aud } = part(body['access_token'], 1)
  expect([exp - iat, cnf, aud]).toEqual([120, undefined, BILLS])
  expect(sink.issued.at(-1)).toMatchObject({ client: 'billco', audience: BILLS, binding: [], lifetime: 120, waiver: 'W-7' })
  expect(JSON.stringify(sink.issued)).not.toContain(String(body['access_token']).split('.')[2])
})

for (const [name, offset, expected] of [
  ['a second before its start', -1, 400],
  ['at its start', 0, 200],
  ['a second before its end', 3_599, 200],
  ['at its end', 3_600, 400],
] as const) {
  test(`${name}: ${expected}`, async () => {
    vi.setSystemTime((START - 10) * 1000)
    const stand = await legacy()
    vi.setSystemTime((START + offset) * 1000)
    const { status, body } = await bearer(stand)
    expect(status).toBe(expected)
    if (expected === 200) return
    expect(body).toMatchObject({ error: 'unauthorized_client', error_description: expect.stringContaining('W-7') as string })
    expect(body['access_token']).toBeUndefined()
  })
}

test('no token outlives the waiver', async () => {
  const stand = await legacy()
  vi.setSystemTime((END - 30) * 1000)
  expect((await bearer(stand)).body['expires_in']).toBe(30)
})

test('a waiver cannot lengthen what the policy allows', async () => {
  const stand = await legacy({ policy: { tokenLifetime: 60 } })
  expect((await bearer(stand)).body['expires_in']).toBe(60)
})

const NOT_COVERED: Readonly<Record<string, NonNullable<Variation['waiver']>>> = {
  'another audience': { audiences: [ORDERS] },
  'another client': { clients: ['shop'] },
  'a client that is not on the allowlist': { compensating: { tokenLifetime: 120, allowlist: ['shop'], networks: [] } },
  'no ceiling': { compensating: { allowlist: ['billco'], networks: [] } },
  'another control': { control: 'POP-AP-02' },
}
for (const [name, waiver] of Object.entries(NOT_COVERED)) {
  test(`a waiver for ${name} is no leave`, async () => {
    const { status, body } = await bearer(await legacy({ waiver }))
    expect([status, body['error']]).toEqual([400, 'unauthorized_client'])
  })
}

test('a waiver for the route covers its audience', async () => {
  const stand = await legacy({ waiver: { audiences: [], routes: ['/bills/**'] } })
  expect((await bearer(stand)).status).toBe(200)
  expect((await ask(stand, { id: 'billco', form: { resource: ORDERS } })).status).toBe(400)
})

test('a client that the waiver does not name gets nothing unbound, even if it is in the waiver of another', async () => {
  const stand = await legacy({ waiver: { clients: ['billco', 'shop'] } })
  expect((await bearer(stand, 'shop')).body['error']).toBe('invalid_grant')
})

test('a client under a waiver that does present a proof gets a bound token of full length, waiver or not', async () => {
  const stand = await legacy({ waiver: { end: START + 1 } })
  vi.setSystemTime((START + 100) * 1000)
  const { body } = await askBound(stand, { id: 'billco', form: { resource: BILLS } })
  expect([body['token_type'], body['expires_in']]).toEqual(['DPoP', 600])
})

test('a sink that fails stops the issuance', async () => {
  const faults: string[] = []
  const broken = {
    append() {
      throw new Error('disk full')
    },
  }
  at = await stand({ waiver: { start: START, end: END } }, { sink: broken, onFault: (fault) => void faults.push(fault) })
  const { status, body } = await bearer(at)
  expect([status, body['error'], body['access_token']]).toEqual([500, 'server_error', undefined])
  expect(faults).toHaveLength(1)
})

test('without any binding and without a waiver a client gets nothing', async () => {
  const stand = await legacy({ clients: [client('billco', { binding: [] })] })
  expect((await bearer(stand)).body['error']).toBe('invalid_dpop_proof')
})

test('proofs: both edges of the window, and nothing from before the start of the server', async () => {
  const stand = await legacy()
  const accepted = async (iat: number) => (await ask(stand, { dpop: await proof(stand.keys.get('shop')!, `${stand.url}/token`, { iat }) })).status === 200
  expect(await accepted(now() - 1)).toBe(false)
  vi.setSystemTime((START + 1_000) * 1000)
  expect([await accepted(now() - 65), await accepted(now() - 66)]).toEqual([true, false])
  expect([await accepted(now() + 5), await accepted(now() + 6)]).toEqual([true, false])
})

test('a proof from the future cannot be used again while it is still young enough', async () => {
  const stand = await legacy({ policy: { proofAge: 300, proofEarly: 200, skew: 200 } })
  const dpop = await proof(stand.keys.get('shop')!, `${stand.url}/token`, { iat: now() + 200 })
  expect((await ask(stand, { dpop })).status).toBe(200)
  vi.setSystemTime((START + 450) * 1000)
  expect((await ask(stand, { dpop })).body['error']).toBe('invalid_grant')
})
