import { randomFillSync } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { createMemoryReplayStore } from '@everyhop/verifier'

/** Bytes that one live entry of the memory store takes, at so many. */
const entries = Number(process.argv[2])
const store = createMemoryReplayStore({ max: entries, since: 'always' })
const now = 1_790_000_000
const random = Buffer.alloc(32 * 1_000)

const before = await used()
for (let index = 0; index < entries; index += 1) {
  // A key of its own for each thousand, as the store allows one key a thousand live proofs.
  const owner = `owner-${Math.floor(index / 1_000)}`.padEnd(43, '-')
  const place = (index % 1_000) * 32
  if (place === 0) randomFillSync(random)
  const answer = await store.spend(
    { id: random.toString('base64url', place, place + 32), until: now + 60, from: now - 5, made: now, kind: 'proof bench', owner: /** @type {any} */ (owner) },
    now,
  )
  if (answer !== 'fresh') throw new Error(`entry ${index}: ${answer}`)
}
const after = await used()
if (store.size !== entries) throw new Error(`the store says that it has ${store.size}`)
process.send?.((after - before) / entries)

/** The heap, and what is allocated beside it. Memory of arrays is given back some time after a collection. */
async function used() {
  for (let turn = 0; turn < 3; turn += 1) {
    globalThis.gc?.()
    await sleep(100)
  }
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}
