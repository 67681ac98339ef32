import { expect, test } from 'vitest'
import { check, violations } from './layers.mjs'

const LAYERS = {
  'core/proof': { packages: [], builtins: ['node:crypto'], impure: false },
  'security/prober': { packages: ['@everyhop/chain'], types: ['@everyhop/proof'], tests: ['@everyhop/proof'] },
}
const prober = (text, path = 'security/prober/src/a.ts') => violations({ path, text }, LAYERS)
const proof = (text) => violations({ path: 'core/proof/src/a.ts', text }, LAYERS)

test('what a package is granted passes', () => {
  expect(prober(`import { worst } from '@everyhop/chain'\nimport type { Code } from '@everyhop/proof'\nimport { connect } from 'node:net'\n`)).toEqual([])
})

test.each([
  ['a value where only types are granted', `import { judge } from '@everyhop/proof'`],
  ['a value among types', `import { type Code, judge } from '@everyhop/proof'`],
  ['a value exported on', `export { judge } from '@everyhop/proof'`],
  ['a namespace', `import * as engine from '@everyhop/proof'`],
  ['an import spread over lines', `import {\n  judge,\n} from '@everyhop/proof'`],
  ['a dynamic import', `const { judge } = await import('@everyhop/proof')`],
  ['a dynamic import whose result is read at once', `const j = () => import('@everyhop/proof').then((m) => m.judge)`],
  ['a package that is not granted', `import type { Gateway } from '@everyhop/gateway'`],
  ['a subpath of a package that is not granted', `import { guard } from '@everyhop/guard/node'`],
  ['a library', `import { SignJWT } from 'jose'`],
  ['a bare import', `import 'reflect-metadata'`],
  ['a way around the front door', `import { judge } from '../../../core/proof/src/judge.js'`],
])('refused: %s', (_, text) => {
  expect(prober(text)).toHaveLength(1)
})

test('a violation is located', () => {
  expect(prober(`\n\nimport { judge } from '@everyhop/proof'`)).toEqual([expect.stringContaining('security/prober/src/a.ts:3: ')])
})

test('a comment is no import', () => {
  expect(prober(`// import { judge } from '@everyhop/proof'\n/* import x from 'jose' */\n`)).toEqual([])
})

test('tests may use what is granted to tests', () => {
  expect(prober(`import { judge } from '@everyhop/proof'`, 'security/prober/src/a.test.ts')).toEqual([])
  expect(prober(`import { guard } from '@everyhop/guard'`, 'security/prober/src/a.test.ts')).toHaveLength(1)
})

test('a package that nobody listed is refused', () => {
  expect(violations({ path: 'core/new/src/a.ts', text: '' }, LAYERS)).toHaveLength(1)
})

test.each(['Date.now()', 'process.env', 'fetch(url)', 'Math.random()', 'console.log(1)', 'new Date()', 'setTimeout(f, 1)', 'randomBytes(16)'])(
  'the engine may not use %s',
  (code) => {
    expect(proof(`export const x = ${code}`)).toHaveLength(1)
  },
)

test('the engine may use only the builtins granted', () => {
  expect(proof(`import { createHash } from 'node:crypto'`)).toEqual([])
  expect(proof(`import { readFile } from 'node:fs'`)).toHaveLength(1)
})

test('the tree keeps its layers', async () => {
  expect(await check()).toEqual([])
})
