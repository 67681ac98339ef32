import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { honest, POLICY, proofWith, ROUTE, verdictOf } from './honest.testkit.js'
import { readRequestTarget, readTarget } from './target.js'

/** Generated vectors lie beside a development checkout; users do not have them. */
const VECTORS = new URL('../../../../shared/vectors/htu-normalization.json', import.meta.url)

/** Every spelling of the vectors: its normal form, or undefined where it is no plain target and equals nothing. */
const NORMAL: Readonly<Record<string, string | undefined>> = {
  'https://x.test/%7Efoo': 'https://x.test/~foo',
  'https://x.test/~foo': 'https://x.test/~foo',
  'https://x.test/a%2Fb': 'https://x.test/a%2Fb',
  'https://x.test/a%2fb': 'https://x.test/a%2Fb',
  'https://x.test/a/b': 'https://x.test/a/b',
  'https://x.test/a//b': 'https://x.test/a//b',
  'https://x.test/a/./b': 'https://x.test/a/b',
  'https://x.test/a/../b': 'https://x.test/b',
  'https://x.test/a/%2e%2e/b': 'https://x.test/b',
  'https://x.test': 'https://x.test/',
  'https://x.test/': 'https://x.test/',
  'https://x.test:443/a': 'https://x.test/a',
  'https://X.TEST/a': 'https://x.test/a',
  'https://x.test./a': undefined,
  'https://x.test\\a': undefined,
  'https://x.test/a;v=1': 'https://x.test/a;v=1',
  'https://b\u00fccher.test/a': undefined,
  'https://127.1/a': 'https://127.1/a',
  'https://x.test/a%00': 'https://x.test/a%00',
  'https://x.test/\u00e9': undefined,
  'https://x.test/intended?/other': undefined,
  'https://x.test/a#/other': undefined,
  // Not among the vectors
  'https://[2001:DB8::1]:8443/a': 'https://[2001:db8::1]:8443/a',
  'https://[2001:db8::1]:443': 'https://[2001:db8::1]/',
  'http://x.test:80/a': 'http://x.test/a',
  'http://x.test:443/a': 'http://x.test:443/a',
  'https://x.test:/a': 'https://x.test/a',
  'https://x.test:0443/a': 'https://x.test/a',
  'https://x.test:65536/a': undefined,
  'https://u:p@x.test/a': undefined,
  'https:///a': undefined,
  'https:x.test/a': undefined,
  'ftp://x.test/a': undefined,
  '//x.test/a': undefined,
  'https://x.test/a%2': undefined,
  'https://x.test/a b': undefined,
  ' https://x.test/a': undefined,
  'https://x.test/..': 'https://x.test/',
  'https://x.test/a/..': 'https://x.test/',
  'https://x.test/a/.': 'https://x.test/a/',
  'https://x.test/../../a': 'https://x.test/a',
  'https://x.test/%c3%a9': 'https://x.test/%C3%A9',
}

describe('the normal form', () => {
  for (const [input, normal] of Object.entries(NORMAL)) test(`of ${input}: ${normal ?? 'none'}`, () => expect(readTarget(input)).toBe(normal))
  test('is none for what is longer than any target', () => expect(readTarget(`https://x.test/${'a'.repeat(4_096)}`)).toBeUndefined())
})

/** What a request is answered whose target is `asked`, under a proof for `claimed`. */
function answer(claimed: string, asked: string): string {
  const [, base = '', path = ''] = /^(https?:\/\/[^/]+)(.*)$/.exec(asked) ?? []
  const policy = { ...POLICY, bases: [readTarget(base)!], routes: [{ ...ROUTE, matches: () => true }] }
  return verdictOf(honest({ target: path === '' ? '/' : path, dpop: [proofWith({ htu: claimed })] }), policy)
}

describe.skipIf(!existsSync(VECTORS))('the vectors, in both directions', () => {
  if (!existsSync(VECTORS)) return
  const vectors = JSON.parse(readFileSync(VECTORS, 'utf8'))
  test('each of their spellings has its line above', () => {
    for (const { input } of vectors.rows) expect(Object.hasOwn(NORMAL, input) ? 'known' : input).toBe('known')
  })
  for (const pair of vectors.equivalence_expected_true) {
    for (const [claimed, asked] of [pair, pair.toReversed()]) {
      // A request with dot segments is read differently by different hops, so that none is judged at all.
      const expected = readRequestTarget(asked.replace(/^https:\/\/[^/]+/, '') || '/') ? 'allow' : 'request.target'
      test(`a proof for ${claimed} at ${asked}: ${expected}`, () => expect(answer(claimed, asked)).toBe(expected))
    }
  }
  for (const pair of vectors.equivalence_expected_false) {
    for (const [claimed, asked] of [pair, pair.toReversed()]) {
      test(`a proof for ${claimed} at ${asked}: proof.target`, () => expect(answer(claimed, asked)).toBe('proof.target'))
    }
  }
})

describe('request targets that two hops could read differently are none', () => {
  const targets = [
    'http://x.test/a',
    '//x.test/a',
    '*',
    'x.test:443',
    '/a/../b',
    '/a/%2e/b',
    '/a%2f..%2fb',
    '/a/..;x/b',
    '/a/%252e%252E/b',
    '/a%252f.%25252e%2F',
    '/a\\b',
    '/a%5cb',
    '/a%00',
    '/a%7f',
    '/a b',
    '/\u00e9',
    '',
  ]
  for (const target of targets) test(target || 'the empty one', () => expect(readRequestTarget(target)).toBeUndefined())
})
