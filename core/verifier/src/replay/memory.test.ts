import { describe, expect, test } from 'vitest'
import type { Spend, SpendAnswer } from '@everyhop/proof'
import { anId, anOwner } from './ids.testkit.js'
import { createMemoryReplayStore } from './memory.js'
import { count, replayStoreContract } from './replay-store.contract.testkit.js'

const NOW = 1_790_000_000

replayStoreContract('memory', async () => {
  const store = createMemoryReplayStore({ since: NOW - 60 })
  let now = NOW
  return {
    instance: () => Promise.resolve(store),
    now: () => now,
    async wait() {
      now += 3
    },
  }
})

/** A name in place of a digest: whatever is no base64url SHA-256 is hashed first. */
const spend = (id: string, until: number, more: Partial<Spend> = {}) => ({ id, until, from: 0, made: until, kind: 'proof test', ...more })

describe('a full store', () => {
  test('refuses, and forgets only what is over', async () => {
    const store = createMemoryReplayStore({ max: 2, since: 'always' })
    const table: [id: string, until: number, now: number, answer: SpendAnswer][] = [
      ['a', 10, 0, 'fresh'],
      ['b', 20, 0, 'fresh'],
      ['c', 20, 9.9, 'full'],
      ['c', 20, 10, 'full'],
      ['c', 20, 10.1, 'fresh'],
      ['b', 20, 11, 'spent'],
    ]
    for (const [id, until, now, answer] of table) expect([id, now, await store.spend(spend(id, until), now)]).toEqual([id, now, answer])
  })

  test('has room again table by table, however many there are', async () => {
    const store = createMemoryReplayStore({ max: 20_000, since: 'always' })
    for (let index = 0; index < 20_000; index += 1) expect(await store.spend(spend(anId(), NOW + 60), NOW)).toBe('fresh')
    expect(await store.spend(spend(anId(), NOW + 60), NOW + 60)).toBe('full')
    const later: SpendAnswer[] = []
    for (let index = 0; index < 20_000; index += 1) later.push(await store.spend(spend(anId(), NOW + 200), NOW + 61))
    expect(count(later, 'fresh')).toBe(20_000)
    expect(await store.spend(spend(anId(), NOW + 200), NOW + 61)).toBe('full')
    expect(store.size).toBe(20_000)
  })
})

test('one client, with however many keys, fills half of it and no more; others go on', () => {
  const store = createMemoryReplayStore({ max: 100, since: 'always' })
  const by = (client: string) => store.spend(spend(anId(), NOW + 60, { owner: anOwner(), client }), NOW)
  const first = spend(anId(), NOW + 60, { owner: anOwner(), client: 'flood' })
  const answers = [store.spend(first, NOW), ...Array.from({ length: 69 }, () => by('flood'))] as SpendAnswer[]
  expect([count(answers, 'fresh'), count(answers, 'limit')]).toEqual([50, 20])
  expect([store.spend(first, NOW), by('another')]).toEqual(['spent', 'fresh'])
})

describe('time', () => {
  test('an owner is at the limit until the last second of an id is over', async () => {
    const store = createMemoryReplayStore({ perOwner: 3, since: 'always' })
    const owner = anOwner()
    const table: [until: number, now: number, answer: SpendAnswer][] = [
      [NOW + 10, NOW, 'fresh'],
      [NOW + 10, NOW, 'fresh'],
      [NOW + 20, NOW, 'fresh'],
      [NOW + 20, NOW + 10, 'limit'],
      [NOW + 20, NOW + 10.5, 'fresh'],
      [NOW + 20, NOW + 10.6, 'fresh'],
      [NOW + 20, NOW + 10.7, 'limit'],
      [NOW + 99, NOW + 21, 'fresh'],
      [NOW + 99, NOW + 21, 'fresh'],
      [NOW + 99, NOW + 21, 'fresh'],
      [NOW + 99, NOW + 21, 'limit'],
    ]
    for (const [until, now, answer] of table) expect([now, await store.spend(spend(anId(), until, { owner }), now)]).toEqual([now, answer])
  })

  test('a clock that is set back makes nothing fresh that was swept', async () => {
    const store = createMemoryReplayStore({ max: 1, since: 'always' })
    const [old, recent] = [anId(), anId()]
    expect(await store.spend(spend(old, NOW + 60, { from: NOW }), NOW)).toBe('fresh')
    expect(await store.spend(spend(recent, NOW + 9_000, { from: NOW + 3_600 }), NOW + 3_600)).toBe('fresh')
    expect(await store.spend(spend(old, NOW + 60, { from: NOW }), NOW + 1)).toBe('forgotten')
    expect(await store.spend(spend(recent, NOW + 9_000, { from: NOW + 3_600 }), NOW + 1)).toBe('spent')
  })

  test('its memory begins with it, unless told that nothing came before', async () => {
    const now = Date.now() / 1000
    const one = spend(anId(), now + 60, { from: now - 5 })
    expect(await createMemoryReplayStore().spend(one, now)).toBe('forgotten')
    expect(await createMemoryReplayStore().spend({ ...one, from: now + 5 }, now)).toBe('fresh')
    expect(await createMemoryReplayStore({ since: now - 5 }).spend(one, now)).toBe('fresh')
    expect(await createMemoryReplayStore({ since: 'always' }).spend(one, now)).toBe('fresh')
    expect(await createMemoryReplayStore({ since: 'always' }).spend({ ...one, from: NaN }, now)).toBe('forgotten')
  })
})

test('120,000 ids of 400 owners, growing, sweeping and growing again: each answer as a plain map gives it', async () => {
  const store = createMemoryReplayStore({ max: 100_000, perOwner: 300, since: 'always' })
  const owners = Array.from({ length: 400 }, anOwner)
  const live = new Map<string, { until: number; owner: string }>()
  const counts = new Map<string, number>()
  const recent: { id: string; owner: (typeof owners)[number]; until: number }[] = []
  let state = 7
  const random = (below: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
  let at = NOW
  const wrong: string[] = []
  const given = new Map<SpendAnswer, number>()
  for (let index = 0; index < 120_000; index += 1) {
    if (index % 3_000 === 0) {
      at += 1
      for (const [id, { until, owner }] of live) {
        if (until >= at) continue
        live.delete(id)
        counts.set(owner, counts.get(owner)! - 1)
      }
    }
    const again = index % 5 === 0 ? recent[random(recent.length)] : undefined
    const one =
      again !== undefined && again.until >= at ? again : { id: anId(), owner: owners[random(random(2) === 0 ? 40 : 400)]!, until: at + 5 + random(20) }
    const held = counts.get(one.owner) ?? 0
    const expected: SpendAnswer = live.has(one.id) ? 'spent' : held >= 300 ? 'limit' : 'fresh'
    const answer = await store.spend(spend(one.id, one.until, { owner: one.owner }), at)
    given.set(answer, (given.get(answer) ?? 0) + 1)
    if (answer !== expected) wrong.push(`${index}: ${answer}, not ${expected}`)
    if (expected !== 'fresh') continue
    live.set(one.id, one)
    counts.set(one.owner, held + 1)
    recent[index % 10_000] = one
  }
  expect(wrong).toEqual([])
  for (const answer of ['fresh', 'spent', 'limit'] as const) expect(given.get(answer)).toBeGreaterThan(1_000)
})

test('a set-up that cannot work is refused', () => {
  for (const options of [{ max: 0 }, { max: NaN }, { max: 1e9 }, { perOwner: 0 }, { perClient: 0 }]) {
    expect(() => createMemoryReplayStore(options)).toThrow(expect.objectContaining({ code: expect.stringMatching(/^config\.replay-/) as string }))
  }
})
