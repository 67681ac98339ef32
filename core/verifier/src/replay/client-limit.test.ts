import { describe, expect, test } from 'vitest'
import { createClientLimit, withClientLimit } from './client-limit.js'

const NOW = 1_790_000_000

test('what is over counts no more, half a minute later at most, and never too early', () => {
  const limit = createClientLimit(3)
  for (const until of [NOW + 10, NOW + 10, NOW + 50]) limit.count('a', until)
  const table: [client: string, now: number, isReached: boolean][] = [
    ['a', NOW, true],
    ['b', NOW, false],
    ['a', NOW + 10, true],
    ['a', NOW + 43, false],
  ]
  for (const [client, now, isReached] of table) expect([client, now, limit.isReached(client, now)]).toEqual([client, now, isReached])
  limit.count('a', NOW + 90)
  limit.count('a', NOW + 90)
  expect([limit.isReached('a', NOW + 50), limit.isReached('a', NOW + 83)]).toEqual([true, false])
})

test('a client that comes and goes for ever is counted as one that lives now', () => {
  const limit = createClientLimit(90)
  for (let second = 0; second < 5_000; second += 1) {
    expect([second, limit.isReached('steady', NOW + second)]).toEqual([second, false])
    limit.count('steady', NOW + second + 50)
  }
})

test('what belongs to no client has no limit', () => {
  const limit = createClientLimit(1)
  limit.count(undefined, NOW + 10)
  expect(limit.isReached(undefined, NOW)).toBe(false)
})

describe('in front of a store', () => {
  const one = { id: 'x', until: NOW + 60, from: NOW, made: NOW, kind: 'proof test', client: 'a' }

  test('only what was spent counts, and the store is not asked beyond the limit', async () => {
    const answers = ['spent', 'unavailable', 'fresh', 'forgotten'] as const
    let asked = 0
    const store = withClientLimit({ spend: () => answers[asked++]! }, 1)
    const heard = []
    for (let index = 0; index < 5; index += 1) heard.push(await store.spend(one, NOW))
    expect([heard, asked]).toEqual([['spent', 'unavailable', 'fresh', 'limit', 'limit'], 3])
  })

  test('what it rejects with is not hidden', async () => {
    const failing = () => Promise.reject(new Error('down'))
    const store = withClientLimit({ spend: failing, ready: failing })
    await expect(store.spend(one, NOW)).rejects.toThrow('down')
    await expect(store.ready!()).rejects.toThrow('down')
  })
})
