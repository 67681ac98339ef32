import { ConfigError } from '@everyhop/verifier'
import { describe, expect, test } from 'vitest'
import type { GuardOptions } from './guard-options.js'
import { surroundings } from './guard.testkit.js'
import { openGuard } from './open-guard.js'

/** What a program without types may write: it is taken as it is meant, or refused at the start by a ConfigError; nothing else is thrown. */

const LEAST = { base: 'https://api.test', issuer: 'https://id.test', audience: 'https://api.test', singleInstance: true }

const SURPRISES: Readonly<Record<string, unknown>> = {
  null: null,
  'no text': '',
  'a name that every object has': 'constructor',
  another: '__proto__',
  'a number': 7,
  'no number': NaN,
  'less than nothing': -1,
  yes: true,
  'an object': {},
  'an object of nothing': Object.create(null),
  'an empty list': [],
  'a list of null': [null],
  'a list of such a name': ['constructor'],
  'a list of an object': [{}],
  'a function': () => 1,
  'a symbol': Symbol('s'),
  'a big number': 1n,
}

const OPTIONS =
  'replay revocations revocationGraceSeconds nonceSecrets introspection singleInstance resourceMetadata sink clock fetch spendDeadlineMs ' +
  'maxContentBytes slice sliceKey base issuer audience routes profile nonce maxTokenLifetime maxProofAge terminators name'
const ISSUER = ['url', 'clients', 'algs', 'typ', 'jwksUri', 'revocations', 'introspection', 'introspects', 'grantClaim', 'extraConfirmation']
const ROUTE = ['path', 'clients', 'bindings', 'audience', 'body', 'observeUntil']
const TERMINATOR = ['field', 'format', 'alsoSets', 'certificates']

function thrownBy(change: object): unknown {
  try {
    openGuard({ ...LEAST, ...surroundings(), ...change } as unknown as GuardOptions)
  } catch (error) {
    return error
  }
  return undefined
}

/** Whatever is thrown is a ConfigError with words of ours: none that a runtime says of its own misuse. */
function check(change: (value: unknown) => object): void {
  const wrong = Object.entries(SURPRISES).flatMap(([what, value]) => {
    const error = thrownBy(change(value))
    return error === undefined || error instanceof ConfigError ? [] : [`${what}: ${error instanceof Error ? error.message : 'no error'}`]
  })
  expect(wrong).toEqual([])
}

describe('surprising values', () => {
  test.each(OPTIONS.split(' '))('of %s', (member) => check((value) => ({ [member]: value })))
  test.each(ISSUER)('of %s of an issuer', (member) => check((value) => ({ issuer: [{ url: 'https://id.test', [member]: value }] })))
  test.each(ROUTE)('of %s of a route', (member) => check((value) => ({ routes: [{ path: '/**', [member]: value }] })))
  test.each(TERMINATOR)('of %s of a terminator', (member) =>
    check((value) => ({ terminators: [{ field: 'X-Cert', format: 'rfc9440', certificates: ['A'.repeat(43)], [member]: value }] })),
  )
  test.each(['method', 'clientId', 'clientSecret', 'key'])('of %s of the credentials for introspection', (member) =>
    check((value) => ({
      issuer: [{ url: 'https://id.test', introspection: 'https://id.test/i' }],
      introspection: { 'https://id.test': { method: 'client_secret_basic', clientId: 'c', clientSecret: 's', [member]: value } },
    })),
  )
})

test('a profile by a name that every object has is refused with those that there are', () => {
  expect(thrownBy({ profile: 'constructor' })).toMatchObject({ code: 'config.profile', message: 'profile is one of default, fapi2, mcp' })
})

test.each([
  [{ singleInstance: 'false' }, 'singleInstance is not a boolean'],
  [{ fetch: 7 }, 'fetch is not a function'],
  [{ issuer: [{ url: 'https://id.test', extraConfirmation: 'no' }] }, 'extraConfirmation of the issuer https://id.test is not a boolean'],
  [
    { terminators: [{ field: 'X-Cert', format: 'constructor', certificates: ['A'.repeat(43)] }] },
    'a terminator is wrong: its format is none that is known: constructor',
  ],
])('what would be taken for something else is refused: %o', (change, message) => {
  expect(thrownBy(change)).toMatchObject({ name: 'ConfigError', message })
})
