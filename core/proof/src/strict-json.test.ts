import fc from 'fast-check'
import { expect, test } from 'vitest'
import { readObject } from './strict-json.js'

test.each([
  ['{}', {}],
  ['{"a":1}', { a: 1 }],
  [' { "a" : "b:c" , "d" : [ "a" , { "a" : null } ] } ', { a: 'b:c', d: ['a', { a: null }] }],
  ['{"a":"\\"a\\":","b":"\\\\"}', { a: '"a":', b: '\\' }],
  ['{"a":{"a":{"a":1}}}', { a: { a: { a: 1 } } }],
  ['{"a\\\\":1,"a":2}', { 'a\\': 1, a: 2 }],
])('read: %s', (text, value) => {
  expect(readObject(text)).toEqual(value)
})

test.each([
  ['a name twice', '{"a":1,"a":1}'],
  ['a name twice, once escaped', '{"a":1,"\\u0061":2}'],
  ['a name twice, far in', '{"a":[[{"b":{"c":1,"d":{},"c":1}}]]}'],
  ['a name twice whose first value has members', '{"a":{"b":1,"c":2},"a":3}'],
  ['a name twice, with space before the colon', '{"a":1,"a"\t\n :2}'],
  ['a prototype twice', '{"__proto__":1,"__proto__":2}'],
  ['a list', '[{"a":1}]'],
  ['text', '"a"'],
  ['nothing', 'null'],
  ['no JSON', '{"a":1'],
])('refused: %s', (_, text) => {
  expect(readObject(text)).toBeUndefined()
})

test('as many members as are allowed are read, one more is refused, those within others counted', () => {
  const text = '{"a":1,"b":[{"c":{}}]}'
  expect([readObject(text, 3), readObject(text, 2)]).toEqual([{ a: 1, b: [{ c: {} }] }, undefined])
})

test.each(['{"a', '{"a\\', '"', '{"a":"b', ''])('text that ends in a string ends: %s', (text) => {
  expect(readObject(text)).toBeUndefined()
})

test('what JSON.stringify writes is read as it was', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
      const text = JSON.stringify(value)
      expect(readObject(text)).toEqual(JSON.parse(text))
    }),
  )
})

test('a member added a second time, anywhere in an object, is refused', () => {
  const object = fc.dictionary(fc.string(), fc.jsonValue(), { minKeys: 1 })
  fc.assert(
    fc.property(object, fc.nat(), fc.jsonValue(), (value, choice, other) => {
      const names = Object.keys(value)
      const name = names[choice % names.length]!
      expect(readObject(`{${JSON.stringify(name)}:${JSON.stringify(other)},${JSON.stringify(value).slice(1)}`)).toBeUndefined()
    }),
  )
})
