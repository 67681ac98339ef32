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

test('a client that has filled its share of revocations is refused, another is not, and one that is there already stays 200', () => {
  const { add, feed } = createRevocations(5, 1)
  expect([add('x', 'a', 100, 0), add('x', 'b', 100, 0), add('x', 'a', 100, 0), add('y', 'b', 100, 0)]).toEqual([true, false, true, true])
  expect(feed(50)).toEqual({
    schema: 'everyhop.revocations/1',
    watermark: 50,
    revoked: [
      { id: 'a', until: 100 },
      { id: 'b', until: 100 },
    ],
  })
  expect(feed(165).revoked).toHaveLength(2)
  expect(feed(166).revoked).toHaveLength(0)
})

test('however many clients fill their shares, verifiers can read the feed', () => {
  const { add, feed } = createRevocations(5, 1)
  add('x', 'x'.repeat(43), 1_790_000_000, 0)
  const perEntry = JSON.stringify(feed(0).revoked).length
  for (const clients of [0, 1, 20, 1_000]) expect(revocationShare(clients) * clients * perEntry).toBeLessThan(8_388_608)
})
