import { expect, test } from 'vitest'
import { replayStoreContract } from './replay-store.contract.testkit.js'
import { createMemoryReplayStore } from './replay-store.js'

replayStoreContract('memory', () => Promise.resolve(createMemoryReplayStore()))

test('when full it refuses, and forgets only what is over', async () => {
  const store = createMemoryReplayStore({ max: 2 })
  expect(await store.spend({ id: 'a', until: 10, from: 0 }, 0)).toBe('fresh')
  expect(await store.spend({ id: 'b', until: 20, from: 0 }, 0)).toBe('fresh')
  expect(await store.spend({ id: 'c', until: 20, from: 0 }, 10)).toBe('full')
  expect(await store.spend({ id: 'c', until: 20, from: 0 }, 11)).toBe('fresh')
  expect(await store.spend({ id: 'b', until: 20, from: 0 }, 11)).toBe('spent')
})
