import { randomUUID } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { ReplayStore } from './replay-store.js'

/** What every replay store must do; each implementation runs it. */
export function replayStoreContract(name: string, open: () => Promise<ReplayStore>): void {
  const NOW = 1_790_000_000

  describe(`${name} keeps the contract of a replay store`, () => {
    test('an id is fresh once', async () => {
      const store = await open()
      const id = randomUUID()
      expect(await store.spend({ id: id, until: NOW + 60, from: NOW }, NOW)).toBe('fresh')
      expect(await store.spend({ id: id, until: NOW + 60, from: NOW }, NOW)).toBe('spent')
      expect(await store.spend({ id: randomUUID(), until: NOW + 60, from: NOW }, NOW)).toBe('fresh')
    })
    test('of 64 at once exactly one is fresh', async () => {
      const store = await open()
      const id = randomUUID()
      const answers = await Promise.all(Array.from({ length: 64 }, () => store.spend({ id: id, until: NOW + 60, from: NOW }, NOW)))
      expect(answers.filter((answer) => answer === 'fresh')).toHaveLength(1)
      expect(answers.filter((answer) => answer === 'spent')).toHaveLength(63)
    })
    test('it is remembered in its last second', async () => {
      const store = await open()
      const id = randomUUID()
      expect(await store.spend({ id: id, until: NOW + 60, from: NOW }, NOW)).toBe('fresh')
      expect(await store.spend({ id: id, until: NOW + 60, from: NOW }, NOW + 60)).toBe('spent')
    })
  })
}
