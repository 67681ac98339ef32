import { expect, test } from 'vitest'
import { unknownCommands } from './readme.mjs'

const known = { scripts: new Set(['test', 'demo']), commands: new Set(['probe']) }

test('commands that exist pass', () => {
  expect(unknownCommands('`npm test`, `npm run demo`\n```sh\neveryhop probe -f x\nnpx everyhop probe\n```', known)).toEqual([])
})

test('commands that do not exist are named', () => {
  expect(unknownCommands('`npm run dmo` and\n```sh\nnpx everyhop prob\n```', known)).toEqual(['npm run dmo', 'everyhop prob'])
})

test('prose is no command', () => {
  expect(unknownCommands('what everyhop does', known)).toEqual([])
})
