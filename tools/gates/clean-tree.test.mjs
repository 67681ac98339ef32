import { expect, test } from 'vitest'
import { dirt } from './clean-tree.mjs'

const A = 'A'.repeat(43)

test.each([
  ['a private key in PEM', `-----BEGIN EC PRIVATE KEY-----\n${A}`],
  ['a private JWK', `{ "kty": "EC", "d": "${A}" }`],
  ['a private JWK in a source', `{ kty: 'EC', d: '${A}' }`],
  ['a path of one machine', `see /root/notes`],
  ['a registry named by address', `"resolved": "https://packages.internal/x.tgz"`],
  ['a token of a registry or forge', `//registry/:_authToken=x`],
])('refused: %s', (_, text) => {
  expect(dirt('a.txt', `first line\n${text}\n`)).toEqual([expect.stringContaining('a.txt:2: ')])
})

test.each([`{ "kty": "EC", "x": "${A}" }`, '-----BEGIN PRIVATE KEY-----', '/usr/sbin/nginx', 'application/work/path', 'https://registry.npmjs.org/x'])(
  'passes: %s',
  (text) => {
    expect(dirt('a.txt', text)).toEqual([])
  },
)

test('what was found is not quoted', () => {
  expect(dirt('a.json', `{"d":"${A}"}`).join()).not.toContain(A)
})
