import { describe, expect, test } from 'vitest'
import { SLICE } from '../sample.testkit.js'
import type { Fetch } from '../tokens/fetch-json.js'
import { follow } from './follow.js'
import type { RevocationSubject } from './knowledge.js'
import { createMemoryRevocationStore } from './memory-revocation-store.js'
import { openRevocations, type Revocations, type Standing } from './open-revocations.js'
import type { Revocation, RevocationStore } from './revocation-store.js'
import { token } from './revocation-store.contract.testkit.js'

const NOW = 1_790_000_000
const SUBJECT: RevocationSubject = { issuer: 'https://id.test', client: 'shop', tokenId: 't', jkt: 'k', x5t: 'x', grantId: 'g', issuedAt: NOW - 10 }
const noFetch: Fetch = () => Promise.reject(new Error('nothing to fetch'))

/** A store whose answers can be spoiled, read by one instance; one clock for both. */
function stand(spoil: (changes: Awaited<ReturnType<RevocationStore['changes']>>) => object | Promise<object> = (changes) => changes) {
  const time = { now: NOW }
  const store = createMemoryRevocationStore({ since: 'always', clock: () => time.now })
  const asked: (string | undefined)[] = []
  const spoiled: RevocationStore = {
    revoke: (revocations) => store.revoke(revocations),
    async changes(cursor) {
      asked.push(cursor)
      return (await spoil(await store.changes(cursor))) as never
    },
  }
  const revocations = openRevocations({ slice: SLICE, fetch: noFetch, clock: () => time.now, store: spoiled, deadlineMs: 20 })
  const standing = (subject = SUBJECT): Promise<Standing> => Promise.resolve(revocations.of(subject, time.now))
  return { time, store, asked, revocations, standing }
}

test('without a source there is nothing to ask', () => {
  expect(openRevocations({ slice: SLICE, fetch: noFetch, clock: () => NOW }).of(SUBJECT, NOW)).toBe('live')
})

test('ready once all have answered; whoever does not is named', async () => {
  await expect(stand().revocations.ready()).resolves.toBeUndefined()
  await expect(stand(() => Promise.reject(new Error('down'))).revocations.ready()).rejects.toMatchObject({ code: 'config.revocations' })
  const issuers = [{ ...SLICE.issuers[0]!, revocations: 'https://id.test/revocations' }]
  const feedless = openRevocations({ slice: { ...SLICE, issuers }, fetch: noFetch, clock: () => NOW })
  await expect(feedless.ready()).rejects.toThrow(/revocations of the issuer https:\/\/id\.test/)
})

describe('what is hit', () => {
  const rows: readonly (readonly [what: string, revocation: Omit<Revocation, 'until'>, subject: Partial<RevocationSubject>, standing: Standing])[] = [
    ['its token', { kind: 'token', id: 't' }, {}, 'revoked'],
    ['another token', { kind: 'token', id: 'other' }, {}, 'live'],
    ['its client', { kind: 'client', id: 'shop' }, {}, 'revoked'],
    ['another client', { kind: 'client', id: 'shop2' }, {}, 'live'],
    ['its key', { kind: 'key', id: 'k' }, {}, 'revoked'],
    ['its certificate', { kind: 'key', id: 'x' }, {}, 'revoked'],
    ['its grant', { kind: 'grant', id: 'g' }, {}, 'revoked'],
    ['a grant where it has none', { kind: 'grant', id: 'g' }, { grantId: undefined } as never, 'live'],
    ['an id of another kind', { kind: 'client', id: 'k' }, {}, 'live'],
    ['its client, up to when it was issued', { kind: 'client', id: 'shop', before: NOW - 10 }, {}, 'revoked'],
    ['its client, up to a second earlier', { kind: 'client', id: 'shop', before: NOW - 11 }, {}, 'live'],
    [
      'its client at some time, where it does not say when it was issued',
      { kind: 'client', id: 'shop', before: 1 },
      { issuedAt: undefined } as never,
      'revoked',
    ],
    ['its client at its issuer', { kind: 'client', id: 'shop', issuer: 'https://id.test' }, {}, 'revoked'],
    ['its client at another issuer', { kind: 'client', id: 'shop', issuer: 'https://other.test' }, {}, 'live'],
  ]
  for (const [what, revocation, subject, expected] of rows) {
    test(what, async () => {
      const at = stand()
      await at.store.revoke([{ ...revocation, until: NOW + 100 }])
      expect(await at.standing({ ...SUBJECT, ...subject })).toBe(expected)
    })
  }
  test('until its end and a minute longer', async () => {
    const at = stand()
    await at.store.revoke([token('t', { until: NOW + 100 })])
    expect(await at.standing()).toBe('revoked')
    at.time.now = NOW + 160
    expect(await at.standing()).toBe('revoked')
    at.time.now = NOW + 161
    expect(await at.standing()).toBe('live')
  })
  test('by the wider of two, whichever came last', async () => {
    const narrow: Revocation = { kind: 'client', id: 'shop', until: NOW + 300, before: NOW - 100 }
    const wide: Revocation = { kind: 'client', id: 'shop', until: NOW + 100 }
    for (const order of [
      [narrow, wide],
      [wide, narrow],
    ]) {
      const at = stand()
      await at.store.revoke(order)
      expect(await at.standing()).toBe('revoked')
      at.time.now = NOW + 200
      expect(await at.standing()).toBe('revoked')
    }
  })
})

describe('how old what is known may be', () => {
  test('a second: within it the answer is there at once, after it the source is asked', async () => {
    const { revocations, time, asked, store } = stand()
    const first = revocations.of(SUBJECT, time.now)
    expect(first).toBeInstanceOf(Promise)
    expect(await first).toBe('live')
    await store.revoke([token('t')])
    time.now += 0.5
    expect(revocations.of(SUBJECT, time.now)).toBe('live')
    expect(asked).toHaveLength(1)
    time.now += 0.51
    expect(await revocations.of(SUBJECT, time.now)).toBe('revoked')
    expect(asked).toHaveLength(2)
  })
  test('after half of it the source is asked while nobody waits', async () => {
    const { revocations, time, asked } = stand()
    await revocations.of(SUBJECT, time.now)
    time.now += 0.6
    expect(revocations.of(SUBJECT, time.now)).toBe('live')
    expect(revocations.of(SUBJECT, time.now)).toBe('live')
    expect(asked).toHaveLength(2)
    await Promise.resolve()
    time.now += 0.6
    expect(await revocations.of(SUBJECT, time.now)).toBe('live')
  })
  test('whoever cannot wait for that long has it renewed', async () => {
    const { revocations, time, asked, store } = stand()
    await revocations.renew(time.now)
    await store.revoke([token('t')])
    await revocations.renew(time.now + 0.1)
    expect(asked).toHaveLength(1)
    time.now += 0.2
    expect(revocations.of(SUBJECT, time.now)).toBe('live')
    await revocations.renew(time.now)
    expect(revocations.of(SUBJECT, time.now)).toBe('revoked')
  })
  test('of a thousand requests at once one asks', async () => {
    const { standing, asked } = stand()
    await Promise.all(Array.from({ length: 1_000 }, () => standing()))
    expect(asked).toHaveLength(1)
  })
  test('an answer that was on its way for longer than that is asked for again', async () => {
    let isSlow = true
    const at = stand((changes) => {
      if (isSlow) at.time.now += 1.5
      isSlow = false
      return changes
    })
    const early = at.standing()
    const late = Promise.resolve(at.revocations.of(SUBJECT, NOW + 1.4))
    expect(await Promise.all([early, late])).toEqual(['live', 'live'])
    expect(at.asked).toHaveLength(2)
  })
  test('what is known to be revoked needs no fresh answer', async () => {
    const { revocations, time, store, asked } = stand()
    await store.revoke([token('t')])
    await revocations.of(SUBJECT, time.now)
    time.now += 50
    expect(revocations.of(SUBJECT, time.now)).toBe('revoked')
    expect(asked).toHaveLength(1)
  })
})

describe('a source that cannot say', () => {
  const spoilt: Readonly<Record<string, (changes: object) => object | Promise<object>>> = {
    rejects: () => Promise.reject(new Error('down')),
    hangs: () => new Promise(() => undefined),
    'answers nothing': () => Promise.resolve(undefined as never),
    'answers from long ago': (changes) => ({ ...changes, watermark: NOW - 31 }),
    'has no watermark': (changes) => ({ ...changes, watermark: NaN }),
    'never comes to an end': (changes) => ({ ...changes, more: true }),
  }
  for (const [what, spoil] of Object.entries(spoilt)) {
    test(`${what}: unavailable`, async () => {
      expect(await stand(spoil).standing()).toBe('unavailable')
    })
  }
  test('is left alone for a moment, then asked again', async () => {
    let isDown = true
    const at = stand((changes) => (isDown ? Promise.reject(new Error('down')) : changes))
    for (let index = 0; index < 20; index++) expect(await at.standing()).toBe('unavailable')
    expect(at.asked).toHaveLength(1)
    isDown = false
    at.time.now += 0.25
    expect(await at.standing()).toBe('live')
  })
  test('for a while is bridged by what is known, for a second', async () => {
    let isDown = false
    const at = stand((changes) => (isDown ? Promise.reject(new Error('down')) : changes))
    expect(await at.standing()).toBe('live')
    isDown = true
    at.time.now += 1
    expect(await at.standing()).toBe('live')
    at.time.now += 0.01
    expect(await at.standing()).toBe('unavailable')
  })
  test('tells more than there is room for: unavailable until there is', async () => {
    const time = { now: NOW }
    const store = createMemoryRevocationStore({ since: 'always', clock: () => time.now })
    const followed = follow({ source: store, clock: () => time.now, deadlineMs: 100, max: 2 })
    await store.revoke([token('a', { until: NOW }), token('b')])
    expect(await followed.refresh()).toBe(true)
    await store.revoke([token('c')])
    expect(await followed.refresh()).toBe(false)
    expect(followed.hits({ ...SUBJECT, tokenId: 'b' }, time.now)).toBe(true)
    time.now += 61
    expect(await followed.refresh()).toBe(true)
    expect(followed.hits({ ...SUBJECT, tokenId: 'c' }, time.now)).toBe(true)
  })
})

describe('a store that lost its memory', () => {
  async function lost() {
    const time = { now: NOW }
    const clock = () => time.now
    let store: RevocationStore = createMemoryRevocationStore({ since: 'always', clock })
    let memory = 'first'
    const behind: RevocationStore = { revoke: (all) => store.revoke(all), changes: async (cursor) => ({ ...(await store.changes(cursor)), memory }) }
    const revocations = openRevocations({ slice: SLICE, fetch: noFetch, clock, store: behind })
    const standing = (subject: RevocationSubject, by: Revocations = revocations) => Promise.resolve(by.of(subject, time.now))
    await behind.revoke([{ kind: 'key', id: 'stolen', until: NOW + 1_000 }])
    expect(await standing(SUBJECT)).toBe('live')
    time.now += 2
    store = createMemoryRevocationStore({ clock })
    memory = 'second'
    return { time, standing, behind, clock }
  }
  const FRESH = { ...SUBJECT, issuedAt: NOW + 2 + 5 }

  test('un-revokes nothing that an instance knows, and is told of it again', async () => {
    const { time, standing, behind, clock } = await lost()
    expect(await standing({ ...FRESH, jkt: 'stolen' })).toBe('revoked')
    expect(await standing(FRESH)).toBe('live')
    time.now += 10
    const newcomer = openRevocations({ slice: SLICE, fetch: noFetch, clock, store: behind })
    expect(await standing({ ...FRESH, jkt: 'stolen' }, newcomer)).toBe('revoked')
    expect(await standing(FRESH, newcomer)).toBe('live')
  })
  test('is told again until it has taken all, though it fails in between', async () => {
    const time = { now: NOW }
    const many = Array.from({ length: 1_200 }, (_, index) => token(`t${index}`))
    const taken: string[] = []
    let memory = 'first'
    let fails = 1
    const behind: RevocationStore = {
      async revoke(all) {
        if (taken.length > 0 && fails-- > 0) throw new Error('down')
        taken.push(...all.map(({ id }) => id))
      },
      changes: async () => ({ watermark: time.now, since: 0, memory, revocations: memory === 'first' ? many : [], cursor: '', more: false }),
    }
    const { renew } = openRevocations({ slice: SLICE, fetch: noFetch, clock: () => time.now, store: behind })
    await renew(time.now)
    memory = 'second'
    for (const later of [1, 2]) {
      time.now = NOW + later
      await renew(time.now)
      await new Promise(setImmediate)
      expect(taken).toHaveLength(later === 1 ? 500 : 1_200)
    }
    expect(new Set(taken).size).toBe(1_200)
  })
  test('stops the tokens that were issued before, and allows for clocks that differ', async () => {
    const { standing } = await lost()
    expect(await standing(SUBJECT)).toBe('forgotten')
    expect(await standing({ ...SUBJECT, issuedAt: NOW + 2 + 5 - 1 })).toBe('forgotten')
    expect(await standing(FRESH)).toBe('live')
  })
  test('stops tokens that do not say when they were issued, as long as one of before may live', async () => {
    const { time, standing } = await lost()
    const { issuedAt: _, ...undated } = SUBJECT
    expect(await standing(undated)).toBe('forgotten')
    time.now = NOW + 2 + SLICE.proof.tokenLifetime + 5
    expect(await standing(undated)).toBe('forgotten')
    time.now += 1
    expect(await standing(undated)).toBe('live')
  })
})

describe('the feed of an issuer', () => {
  const FEEDS = { 'https://id.test': 'https://id.test/revocations', 'https://other.test': 'https://other.test/feed?v=1' }
  const issuers = Object.entries(FEEDS).map(([url, revocations]) => ({ ...SLICE.issuers[0]!, url, revocations }))

  function feeds(documents: Readonly<Record<string, () => object | undefined>>, store?: RevocationStore) {
    const time = { now: NOW }
    const asked: string[] = []
    const fetch: Fetch = (url) => {
      asked.push(url)
      const document = documents[url.split(/[?&]after=/)[0]!]?.()
      return Promise.resolve({ ok: document !== undefined, body: [Buffer.from(JSON.stringify(document ?? {}))] as never })
    }
    const revocations = openRevocations({ slice: { ...SLICE, issuers }, fetch, clock: () => time.now, ...(store && { store }) })
    return { time, asked, standing: (subject: RevocationSubject) => Promise.resolve(revocations.of(subject, time.now)) }
  }
  const feed = (revoked: readonly object[], more: object = {}) => ({ schema: 'everyhop.revocations/1', watermark: NOW, revoked, ...more })
  const OTHER = { ...SUBJECT, issuer: 'https://other.test' }

  test('speaks for its own tokens only, and stops no others when it is down', async () => {
    const { standing } = feeds({ [FEEDS['https://id.test']]: () => feed([{ kind: 'client', id: 'shop', until: NOW + 9, issuer: 'https://other.test' }]) })
    expect(await standing(SUBJECT)).toBe('revoked')
    expect(await standing(OTHER)).toBe('unavailable')
    const both = feeds({
      [FEEDS['https://id.test']]: () => feed([{ kind: 'client', id: 'shop', until: NOW + 9 }]),
      [FEEDS['https://other.test']]: () => feed([]),
    })
    expect(await both.standing(OTHER)).toBe('live')
    expect(await both.standing({ ...SUBJECT, issuer: 'https://third.test' })).toBe('live')
  })
  test('counts beside the store, and neither makes up for the other', async () => {
    const both = { [FEEDS['https://id.test']]: () => feed([]) }
    const store = createMemoryRevocationStore({ since: 'always', clock: () => NOW })
    expect(await feeds(both, store).standing(SUBJECT)).toBe('live')
    await store.revoke([{ kind: 'key', id: 'x', until: NOW + 9 }])
    expect(await feeds(both, store).standing(SUBJECT)).toBe('revoked')
    expect(await feeds({}, createMemoryRevocationStore({ since: 'always', clock: () => NOW })).standing(SUBJECT)).toBe('unavailable')
  })
  test('that gives a cursor is asked for what came after it', async () => {
    const { standing, time, asked } = feeds({ [FEEDS['https://other.test']]: () => feed([], { watermark: time.now, cursor: 'a b&c' }) })
    await standing(OTHER)
    time.now += 2
    expect(await standing(OTHER)).toBe('live')
    expect(asked).toEqual(['https://other.test/feed?v=1', 'https://other.test/feed?v=1&after=a+b%26c'])
  })
  test('that began after a token was issued says so: an issuer that started again knows of nothing before', async () => {
    const { standing } = feeds({ [FEEDS['https://id.test']]: () => feed([], { since: NOW - 5 }) })
    expect(await standing({ ...SUBJECT, issuedAt: NOW - 6 })).toBe('forgotten')
    expect(await standing({ ...SUBJECT, issuedAt: NOW - 5 })).toBe('live')
  })
  const garbled: readonly object[] = [
    {},
    feed([], { schema: 'everyhop.revocations/2' }),
    feed([], { watermark: String(NOW) }),
    feed([{ id: 't', kind: 'planet' }]),
    feed([{ id: 7 }]),
    feed([{ id: 't', until: 'tomorrow' }]),
    feed([{ id: 't', before: null }]),
    feed([], { since: 'ever' }),
    feed([], { cursor: 7 }),
    feed(['t' as never]),
  ]
  test('that is garbled is none', async () => {
    for (const document of garbled)
      expect([document, await feeds({ [FEEDS['https://id.test']]: () => document }).standing(SUBJECT)]).toEqual([document, 'unavailable'])
  })
  test('whose answers come out of a cache is none, however far its clock is ahead', async () => {
    let watermark = NOW + 600
    const { standing, time, asked } = feeds({ [FEEDS['https://id.test']]: () => feed([], { watermark }) })
    expect(await standing(SUBJECT)).toBe('live')
    time.now += 1.01
    for (let index = 0; index < 20; index++) expect(await standing(SUBJECT)).toBe('unavailable')
    expect(asked).toHaveLength(2)
    time.now += 1
    watermark = NOW + 600 + 2
    expect(await standing(SUBJECT)).toBe('live')
    time.now = NOW + 45
    watermark = NOW + 600 + 43
    expect(await standing(SUBJECT)).toBe('unavailable')
  })
  test('whose clock is set back is believed again within a minute', async () => {
    let ahead = 20
    const { standing, time } = feeds({ [FEEDS['https://id.test']]: () => feed([], { watermark: time.now + ahead }) })
    expect(await standing(SUBJECT)).toBe('live')
    ahead = 0
    time.now += 2
    expect(await standing(SUBJECT)).toBe('unavailable')
    time.now += 60
    expect(await standing(SUBJECT)).toBe('live')
  })
})
