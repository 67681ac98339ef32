import { expect, test } from 'vitest'
import { interleave, median, quantile, ratio } from './rounds.mjs'
import { share } from './others.mjs'
import { beside, differs, shown, table } from './result.mjs'

test('the median is the value in the middle, or the mean of the two', () => {
  expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5])
})

test('a ratio is taken round by round: a slow moment of the machine falls out', () => {
  expect(ratio([2, 20, 2], [1, 10, 1])).toBe(2)
})

test('a quantile is a value that was measured', () => {
  expect([quantile([1, 2, 3, 4], 0.5), quantile([1, 2, 3, 4], 0.99)]).toEqual([3, 4])
})

test('contenders take turns, each first in its turn, and the rounds to warm up do not count', async () => {
  const order = []
  const contender = (name) => ({ name, prepare: async (size) => Array.from({ length: size }), run: async (items) => order.push(`${name}${items.length}`) })
  const seconds = await interleave([contender('a'), contender('b')], { rounds: 2, size: 3, warmUp: 1 })
  expect(order).toEqual(['a3', 'b3', 'b3', 'a3', 'a3', 'b3'])
  expect(Object.values(seconds).map((taken) => taken.length)).toEqual([2, 2])
})

test.each([
  [0.8537, 'ratio', '0.85'],
  [10_923.4, '1/s', '10,923'],
  [110.97, 'B', '111'],
  [2.5649, 'µs', '2.56'],
  [Number.NaN, 'µs', '-'],
])('%d %s is shown as %s', (value, unit, text) => {
  expect(shown(value, unit)).toBe(text)
})

test.each([
  ['all of one processor of two', { busy: 1_000, own: 0, taken: 1_000 }, 1],
  ['nothing but our own', { busy: 500, own: 500, taken: 1_000 }, 0],
  ['a tick less than our own', { busy: 490, own: 500, taken: 1_000 }, 0],
])('others use %s', (_, times, expected) => expect(share(times)).toBe(expected))

test('numbers stand under each other', () => {
  const machine = { cpu: 'c', cores: 2, memory: 'm', system: 's', others: 0, node: '20', date: 'd', peers: {} }
  const results = [
    { name: 'warm', value: 0.9, unit: 'ratio', against: 'bare', samples: 30 },
    { name: 'rate', value: 12_000, unit: '1/s', against: 'nothing', samples: 5 },
  ]
  expect(table({ machine, results }).split('\n').slice(2)).toEqual([
    'what   value  unit   samples  against',
    'warm    0.90  ratio       30  bare',
    'rate  12,000  1/s          5  nothing',
  ])
})

test('what is measured again takes its old place, and what is new comes last; figures of another machine are told apart', () => {
  const machine = { cpu: 'c', cores: 2, memory: '', system: '', others: 0.1, node: '24.0.0', date: '', peers: {} }
  const of = (/** @type {string} */ name, /** @type {number} */ value) => ({ name, value, unit: 'B', against: '', samples: 1 })
  const both = beside({ machine, results: [of('a', 1), of('b', 2)] }, { machine: { ...machine, others: 0.4 }, results: [of('c', 5), of('a', 4)] })
  expect(both.machine.others).toBe(0.4)
  expect(both.results.map(({ name, value }) => [name, value])).toEqual([
    ['a', 4],
    ['b', 2],
    ['c', 5],
  ])
  expect([differs(machine, { ...machine, others: 3 }), differs(machine, { ...machine, cpu: 'd' })]).toEqual([undefined, 'cpu'])
})
