import { expect, test } from 'vitest'
import { createRevocations } from './revocations.js'
import { createSpent } from './spent.js'

test('a full memory of spent proofs refuses new ones, forgets none early, and has room again when they have ended', () => {
  const { spend } = createSpent(2)
  expect([spend('a', 100, 0), spend('b', 200, 0), spend('c', 200, 0), spend('a', 100, 0)]).toEqual([true, true, undefined, false])
  expect(spend('a', 300, 100)).toBe(false)
  expect(spend('c', 300, 131)).toBe(true)
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
