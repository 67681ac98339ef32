import { expect, test } from 'vitest'
import { createMemoryRevocationStore } from './memory-revocation-store.js'
import type { RevocationStore } from './revocation-store.js'
import { revocationStoreContract } from './revocation-store.contract.testkit.js'

revocationStoreContract('memory', async () => {
  let shared: RevocationStore | undefined
  return { store: (options = {}) => (shared ??= createMemoryRevocationStore({ since: 'always', ...options })) }
})

test('it knows of nothing before it was made, unless it is told that there was nothing', async () => {
  const clock = () => 1_790_000_000
  expect((await createMemoryRevocationStore({ clock }).changes(undefined)).since).toBe(1_790_000_000)
  expect((await createMemoryRevocationStore({ clock, since: 0 }).changes(undefined)).since).toBe(0)
})
