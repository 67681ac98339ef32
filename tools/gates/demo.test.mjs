import { expect, test } from 'vitest'
import { missingLines } from './demo.mjs'

const readme = '<!-- picture: x -->\n```\nissuer http://127.0.0.1:1\nedge BROKEN\n```\n'

test('a picture of what was printed passes, whatever the port', () => {
  expect(missingLines(readme, 'issuer http://127.0.0.1:38897\n  edge BROKEN\nmore')).toEqual([])
})

test('a picture of what was not printed is refused by its line', () => {
  expect(missingLines(readme, 'issuer http://127.0.0.1:38897\nedge holds')).toEqual(['edge BROKEN'])
})

test('a README without the picture is refused', () => {
  expect(missingLines('', 'anything')).toHaveLength(1)
})
