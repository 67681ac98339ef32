import { expect, test } from 'vitest'
import { replayStoreContract } from './replay-store.contract.testkit.js'
import { createMemoryReplayStore } from './replay-store.js'

replayStoreContract('memory', () => Promise.resolve(createMemoryReplayStore()))

test('when full it refuses, and forgets only what is over', async () => {
  const store = createMemoryReplayStore({ max: 2 })
  expect(await store.spend('a', 10, 0)).toBe('fresh')
  expect(await store.spend('b', 20, 0)).toBe('fresh')
  expect(await store.spend('c', 20, 10)).toBe('full')
  expect(await store.spend('c', 20, 11)).toBe('fresh')
  expect(await store.spend('b', 20, 11)).toBe('spent')
})
