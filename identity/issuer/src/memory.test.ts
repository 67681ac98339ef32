import { expect, test } from 'vitest'
import { createRevocations, revocationShare } from './revocations.js'
import { createSpent } from './spent.js'

test('a full memory of spent proofs refuses new ones, forgets none early, and has room again when they have ended', () => {
  const { spend } = createSpent(2)
  expect([spend('x', 'a', 100, 0), spend('x', 'b', 200, 0), spend('x', 'c', 200, 0), spend('x', 'a', 100, 0)]).toEqual([true, true, undefined, false])
  expect(spend('x', 'a', 300, 100)).toBe(false)
  expect(spend('x', 'c', 300, 131)).toBe(true)
})

test('a client that has filled its memory of spent proofs is refused, another is not', () => {
  const { spend } = createSpent(1)
  expect([spend('x', 'a', 100, 0), spend('x', 'b', 100, 0), spend('y', 'b', 100, 0), spend('y', 'b', 100, 0)]).toEqual([true, undefined, true, false])
})

const memoryOf = (maxPerClient: number) => createRevocations({ skew: 5, maxPerClient, since: 0, memory: 'm' })

test('a client that has filled its share of revocations is refused, another is not, and one that is there already stays 200', () => {
  const { add, feed } = memoryOf(1)
  const [a, b] = [
    { id: 'a', until: 100 },
    { id: 'b', until: 100 },
  ]
  expect([add('x', a, 0), add('x', b, 0), add('x', a, 0), add('y', b, 0)]).toEqual([true, false, true, true])
  expect(feed(50)).toEqual({ schema: 'everyhop.revocations/1', watermark: 50, since: 0, cursor: 'm.2', revoked: [a, b] })
  expect(feed(165).revoked).toHaveLength(2)
  expect(feed(166).revoked).toHaveLength(0)
  expect([add('x', { id: 'c', until: 300 }, 180), add('x', { id: 'd', until: 300 }, 180)]).toEqual([true, false])
})

test('a cursor asks for what came after it; one that says nothing here, for all', () => {
  const { add, feed } = memoryOf(9)
  add('x', { id: 'a', until: 100 }, 0)
  const { cursor } = feed(0)
  expect(feed(0, cursor).revoked).toEqual([])
  add('x', { id: 'b', until: 100 }, 0)
  add('x', { id: 'a', until: 100 }, 0)
  expect(feed(0, cursor).revoked).toEqual([{ id: 'b', until: 100 }])
  for (const strange of ['', 'other.1', 'm', 'm.', 'm.x', 'm.1e9', 'm.-1', '.1']) expect([strange, feed(0, strange).revoked.length]).toEqual([strange, 2])
})

test('of two revocations of one thing none takes back the other, and the wider one is told anew', () => {
  const { add, feed } = memoryOf(9)
  add('x', { kind: 'client', id: 'shop', until: 100, before: 10 }, 0)
  const { cursor } = feed(0)
  add('x', { kind: 'client', id: 'shop', until: 90, before: 20 }, 0)
  expect(feed(0, cursor).revoked).toEqual([{ kind: 'client', id: 'shop', until: 100, before: 20 }])
  expect(feed(0).revoked).toHaveLength(1)
})

test('however many clients fill their shares, verifiers can read the feed', () => {
  const { add, feed } = memoryOf(1)
  add('x', { id: 'x'.repeat(43), until: 1_790_000_000 }, 0)
  const perEntry = JSON.stringify(feed(0).revoked).length
  for (const clients of [0, 1, 20, 1_000]) expect(revocationShare(clients) * clients * perEntry).toBeLessThan(8_388_608)
})
