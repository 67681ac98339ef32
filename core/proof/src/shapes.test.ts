import { sign, type KeyObject } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { Code } from './codes.js'
import { askedAside, honest, ISSUER_KEYS, KEYS, POLICY, proofWith, ROUTE, TOKEN, tokenWith, verdictOf } from './honest.testkit.js'
import type { Json } from './strict-json.js'
import { sha256 } from './thumbprint.js'

/** Every member with every wrong type, rightly signed: shape is settled before anything is compared. */

const WRONG: readonly unknown[] = [undefined, null, true, 7, '7', [], {}]
const ofType = (value: unknown): string => (value === null ? 'null' : Array.isArray(value) ? 'list' : typeof value)
/** All but values of this type, and but for absence where the member may be absent. */
const except = (type: string, mayBeAbsent = false): readonly unknown[] =>
  WRONG.filter((value) => ofType(value) !== type && !(mayBeAbsent && value === undefined))

const raw = (header: Json, payload: Json, key: KeyObject): string => {
  const input = [header, payload].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
}
const partsOf = (jws: string): readonly [Json, Json] => {
  const [head, body] = jws.split('.').map((part) => Buffer.from(part, 'base64url').toString())
  return [JSON.parse(head!), JSON.parse(body!)]
}

const provenBy = (claims: Json, header: Json = {}): string => {
  const [head, body] = partsOf(proofWith())
  return verdictOf(honest({ dpop: [raw({ ...head, ...header }, { ...body, ...claims }, KEYS.owner.privateKey)] }))
}
const tokenOf = (claims: Json, header: Json = {}): string => {
  const [head, body] = partsOf(TOKEN)
  const token = raw({ ...head, ...header }, { ...body, ...claims }, KEYS.issuer.privateKey)
  return verdictOf(honest({ authorization: [`DPoP ${token}`], dpop: [proofWith({ ath: sha256(token) })] }))
}

const MEMBERS: readonly (readonly [of: (member: string, value: unknown) => string, what: string, member: string, code: Code, wrong: readonly unknown[]])[] = [
  ...(['jti', 'htm', 'htu', 'ath'] as const).map(
    (member) => [(name: string, value: unknown) => provenBy({ [name]: value }), 'proof', member, 'proof.incomplete', except('string')] as const,
  ),
  [(name, value) => provenBy({ [name]: value }), 'proof', 'iat', 'proof.incomplete', except('number')],
  [(name, value) => provenBy({ [name]: value }), 'proof', 'nonce', 'proof.incomplete', except('string', true)],
  [(name, value) => provenBy({}, { [name]: value }), "proof's header", 'typ', 'proof.incomplete', except('string', true)],
  [(name, value) => provenBy({}, { [name]: value }), "proof's header", 'alg', 'proof.incomplete', except('string')],
  [(name, value) => provenBy({}, { [name]: value }), "proof's header", 'jwk', 'proof.incomplete', except('object')],
  ...(['iss', 'sub', 'client_id', 'jti'] as const).map(
    (member) => [(name: string, value: unknown) => tokenOf({ [name]: value }), 'token', member, 'token.incomplete', except('string')] as const,
  ),
  ...(['exp', 'iat'] as const).map(
    (member) => [(name: string, value: unknown) => tokenOf({ [name]: value }), 'token', member, 'token.incomplete', except('number')] as const,
  ),
  [(name, value) => tokenOf({ [name]: value }), 'token', 'nbf', 'token.incomplete', except('number', true)],
  [(name, value) => tokenOf({ [name]: value }), 'token', 'scope', 'token.incomplete', except('string', true)],
  [
    (name, value) => tokenOf({ [name]: value }),
    'token',
    'aud',
    'token.incomplete',
    [...except('string').filter((value) => !Array.isArray(value)), [7], ['https://api.test', null]],
  ],
  [(name, value) => tokenOf({ [name]: value }), 'token', 'cnf', 'token.confirmation', except('object', true)],
  [(name, value) => tokenOf({}, { [name]: value }), "token's header", 'typ', 'token.typ', except('string', true)],
  [(name, value) => tokenOf({}, { [name]: value }), "token's header", 'kid', 'token.incomplete', except('string', true)],
  [(name, value) => tokenOf({}, { [name]: value }), "token's header", 'alg', 'token.incomplete', except('string', true)],
]

for (const [of, what, member, code, wrong] of MEMBERS) {
  describe(`${member} of a ${what}`, () => {
    for (const value of wrong) test(`${ofType(value)} ${JSON.stringify(value)}: ${code}`, () => expect(of(member, value)).toBe(code))
  })
}

test('a token without alg is no JWT to us, but has a header', () => expect(tokenOf({}, { alg: undefined })).toBe('token.incomplete'))
test('an empty jti names no token', () => expect(tokenOf({ jti: '' })).toBe('token.incomplete'))

describe('sizes', () => {
  const unasked = { ...ISSUER_KEYS, introspected: () => undefined }
  const opaque = (length: number) => {
    const token = 'a'.repeat(length)
    return verdictOf(honest({ authorization: [`DPoP ${token}`], dpop: [proofWith({ ath: sha256(token) })] }), POLICY, unasked)
  }
  test('an opaque token of 16384 characters is asked about, and a longer one is not', () => {
    expect([opaque(16_384), opaque(16_385)]).toEqual(['token.opaque', 'token.malformed'])
  })
  test('a JWT of more is refused', () => {
    const token = tokenWith({ pad: 'x'.repeat(16_384) })
    expect(verdictOf(honest({ authorization: [`DPoP ${token}`] }))).toBe('token.malformed')
  })
  test('a target of more than 4096 characters is refused', () => {
    const at = (length: number) => verdictOf(honest({ target: `/orders/1?${'a'.repeat(length - 10)}` }))
    expect([at(4_096), at(4_097)]).toEqual(['allow', 'request.target'])
  })
})

describe('a path that another route would answer in another spelling', () => {
  const clients = new Set(['auditor'])
  const admin = {
    ...ROUTE,
    pattern: '/orders/admin',
    clients,
    matches: (path: string) => path === '/orders/admin',
    resembles: (path: string) => path === '/orders/admin',
  }
  const policy = { ...POLICY, routes: [admin, ROUTE] }
  const at = (target: string) => verdictOf(honest({ target, dpop: [proofWith({ htu: `https://api.test${target}` })] }), policy)
  for (const target of [
    '/orders/ADMIN',
    '/orders/admin/',
    '/orders//admin',
    '/orders/admin;v=1',
    '/orders/admin;/1',
    '/orders/%2561dmin',
    '/orders/admin%2f',
  ]) {
    test(target, () => expect(at(target)).toBe('request.target'))
  }
  test('in its own spelling, escaped or not, it is that route', () => {
    expect([at('/orders/admin'), at('/orders/%61dmin')]).toEqual(['token.client', 'token.client'])
  })
  test('one that is nothing alike', () => expect(at('/orders/1')).toBe('allow'))
  test('a route that does not lead here is not evaded', () => {
    const elsewhere = { ...admin, external: () => undefined }
    expect(
      verdictOf(honest({ target: '/orders/ADMIN', dpop: [proofWith({ htu: 'https://api.test/orders/ADMIN' })] }), { ...policy, routes: [elsewhere, ROUTE] }),
    ).toBe('allow')
  })
})

test('all of it the same with signatures verified on other threads', async () => {
  const { here, aside } = await askedAside()
  expect(here.length).toBeGreaterThan(20)
  expect(aside).toEqual(here)
})
