import { expect, test } from 'vitest'
import { mergeTypes } from './merge-types.mjs'

const merge = (entries, files) => {
  const merged = mergeTypes(entries, new Map(Object.entries(files)))
  return merged && Object.fromEntries(merged)
}

test('one entry: what it exports and what that needs, and no more', () => {
  expect(
    merge(['d/index.d.ts'], {
      'd/index.d.ts': "export { make, type Made } from './make.js';\n//# sourceMappingURL=index.d.ts.map",
      'd/make.d.ts': [
        "import type { KeyObject } from 'node:crypto';",
        "import type { Inner } from './inner.js';",
        '/** What is made. */',
        'export type Made = {',
        '    readonly key: KeyObject;',
        '    readonly inner: Inner;',
        '};',
        'export declare function make(): Made;',
        'export declare function unused(): void;',
        'export {};',
      ].join('\n'),
      'd/inner.d.ts': 'export type Inner = string;\nexport type Other = Hidden;\ntype Hidden = number;',
    }),
  ).toEqual({
    'd/index.d.ts': [
      "import type { KeyObject } from 'node:crypto';",
      '/** What is made. */',
      'export type Made = {',
      '    readonly key: KeyObject;',
      '    readonly inner: Inner;',
      '};',
      'export declare function make(): Made;',
      'type Inner = string;',
      'export {};',
      '',
    ].join('\n'),
  })
})

test('what two entries need is in a file of its own, and an import that one needs is in that one', () => {
  const merged = merge(['d/index.d.ts', 'd/sub/other.d.ts'], {
    'd/index.d.ts': "export type * from './shared.js';",
    'd/shared.d.ts': 'export type Shared = string;\nexport type Plain = number;',
    'd/sub/other.d.ts': "import type { Peer } from 'peer';\nimport type { Shared } from '../shared.js';\nexport declare function other(peer: Peer): Shared;",
  })
  expect(merged).toEqual({
    'd/index.d.ts': "export type Plain = number;\nexport { Shared } from './types.js';\nexport {};\n",
    'd/sub/other.d.ts':
      "import type { Peer } from 'peer';\nimport type { Shared } from '../types.js';\nexport declare function other(peer: Peer): Shared;\nexport {};\n",
    'd/types.d.ts': 'export type Shared = string;\nexport {};\n',
  })
})

test('a name that two modules keep to themselves stays two things', () => {
  const merged = merge(['d/index.d.ts'], {
    'd/index.d.ts': "export type { A } from './a.js';\nexport type { B } from './b.js';",
    'd/a.d.ts': "declare const brand: unique symbol;\nexport type A = string & {\n    readonly [brand]: 'A';\n};",
    'd/b.d.ts': "declare const brand: unique symbol;\nexport type B = string & {\n    readonly [brand]: 'B';\n};",
  })
  expect(merged['d/index.d.ts'].match(/declare const (\w+)/g)).toHaveLength(2)
  expect(new Set(merged['d/index.d.ts'].match(/\[(\w+)\]/g)).size).toBe(2)
})

for (const [what, text] of Object.entries({
  'a renamed import': "import { a as b } from './a.js';\nexport type B = typeof b;",
  'an addition to another module': "declare module 'node:http' {\n    interface IncomingMessage {}\n}\nexport {};",
  'an import within a type': "export type T = import('./a.js').A;",
  'a module that is not there': "export { a } from './missing.js';",
  'an export of another package': "export { a } from 'elsewhere';",
})) {
  test(`${what} is left as it is`, () => expect(merge(['d/index.d.ts'], { 'd/index.d.ts': text, 'd/a.d.ts': 'export type A = 1;' })).toBeUndefined())
}
