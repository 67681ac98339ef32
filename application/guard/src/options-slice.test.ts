import { readTarget } from '@everyhop/proof'
import { createMemoryReplayStore } from '@everyhop/verifier'
import { describe, expect, test } from 'vitest'
import type { Declared, GuardOptions } from './guard-options.js'
import { SLICE_KEY, options, surroundings } from './guard.testkit.js'
import { guard } from './node.js'
import { optionsSlice } from './options-slice.js'

const NOW = Date.parse('2026-11-27') / 1000
const LEAST: Declared = { base: 'https://api.test', issuer: 'https://id.test', audience: 'https://api.test' }
const sliceOf = (change: Partial<Declared> = {}) => optionsSlice({ ...LEAST, ...change }, NOW).slice

describe('what a team says itself is a slice', () => {
  test('with the least: every path, any client, DPoP, the short times', () => {
    expect(sliceOf()).toMatchObject({
      hop: 'application',
      authority: 'api.test',
      bases: ['https://api.test'],
      replayAuthority: true,
      issuers: [{ url: 'https://id.test', algs: ['ES256'], typ: ['at+jwt'] }],
      proof: { algs: ['ES256', 'EdDSA'], maxAge: 60, maxEarly: 5, nonce: 'off', tokenLifetime: 600 },
      routes: [{ pattern: '/**', clients: 'any', bindings: ['dpop'], audience: ['https://api.test'], via: [[]], mode: 'direct', body: 'uncovered' }],
      waivers: [],
    })
  })

  test('with what is special about an issuer and a route', () => {
    const issuer = { url: 'https://id.test', algs: ['RS256'], typ: ['JWT'], jwksUri: 'https://id.test/k', grantClaim: 'sid' } as const
    const route = { path: '/a/*', clients: ['shop'], bindings: ['mtls'], audience: ['b'], body: 'covered', observeUntil: '2026-12-31' } as const
    expect(sliceOf({ issuer: [issuer], routes: [route, { path: '/**' }] })).toMatchObject({
      issuers: [issuer],
      routes: [{ pattern: '/a/*', clients: ['shop'], bindings: ['mtls'], audience: ['b'], body: 'covered', observeUntil: Date.parse('2026-12-31') / 1000 }, {}],
    })
  })

  test('a profile settles times and algorithms together', () => {
    expect(sliceOf({ profile: 'fapi2' })).toMatchObject({
      issuers: [{ algs: ['ES256', 'EdDSA', 'PS256'] }],
      proof: { algs: ['ES256', 'EdDSA', 'PS256'], maxEarly: 10, skew: 10 },
    })
    expect(sliceOf({ profile: 'mcp', maxTokenLifetime: 900 })).toMatchObject({ proof: { maxAge: 300, tokenLifetime: 900 } })
  })

  test('several bases, of which the path is kept', () => {
    expect(sliceOf({ base: ['https://api.test/v1', 'https://API.example:8443'] })).toMatchObject({
      bases: ['https://api.test/v1', 'https://API.example:8443'],
      authority: 'api.test',
    })
    expect(readTarget('https://api.test/v1')).toBeDefined()
  })

  test('the digest names the options whatever their order, and nothing else', () => {
    const of = (declared: Declared) => optionsSlice(declared, NOW).digest
    expect(of({ audience: LEAST.audience, issuer: LEAST.issuer, base: LEAST.base })).toBe(of(LEAST))
    expect(of({ ...LEAST, nonce: 'required' })).not.toBe(of(LEAST))
    expect(of(LEAST)).toMatch(/^[\w-]{43}$/)
  })

  test('an observation that is over is a route that is enforced; the last day counts to its start', () => {
    const [route] = sliceOf({ routes: [{ path: '/**', observeUntil: '2026-01-01T12:30Z' }] }).routes
    expect(route?.observeUntil).toBe(Date.parse('2026-01-01T12:30Z') / 1000)
  })
})

describe('what stops the start', () => {
  const WRONG: readonly (readonly [what: string, code: string, change: object])[] = [
    ['no base', 'config.base-missing', { base: undefined }],
    ['an empty list of bases', 'config.base-missing', { base: [] }],
    ['a base without a scheme', 'config.base', { base: 'api.test' }],
    ['a base with a query', 'config.base', { base: 'https://api.test/?a' }],
    ['a second base that is none', 'config.base', { base: ['https://api.test', 'api.test'] }],
    ['no audience', 'config.audience-missing', { audience: undefined }],
    ['an empty audience', 'config.audience-missing', { audience: [''] }],
    ['no issuer', 'config.issuer-missing', { issuer: undefined }],
    ['an empty list of issuers', 'config.issuer-missing', { issuer: [] }],
    ['an issuer over http', 'config.url', { issuer: 'http://id.test' }],
    ['an issuer twice', 'config.issuer-repeated', { issuer: [{ url: 'https://id.test' }, { url: 'https://id.test' }] }],
    ['no routes', 'config.route', { routes: [] }],
    ['a route without a slash', 'config.route', { routes: [{ path: 'orders' }] }],
    ['two stars in the middle', 'config.route', { routes: [{ path: '/**/a' }] }],
    ['a route twice', 'config.route', { routes: [{ path: '/a' }, { path: '/a' }] }],
    ['a route for nobody', 'config.route', { routes: [{ path: '/a', clients: [] }] }],
    ['a route without a binding', 'config.route', { routes: [{ path: '/a', bindings: [] }] }],
    ['a binding that is none', 'config.route', { routes: [{ path: '/a', bindings: ['bearer'] }] }],
    ['a binding that the profile lacks', 'config.route', { profile: 'mcp', routes: [{ path: '/a', bindings: ['mtls'] }] }],
    ['a day that does not exist', 'config.observe', { routes: [{ path: '/a', observeUntil: '2026-02-30' }] }],
    ['an end without a day', 'config.observe', { routes: [{ path: '/a', observeUntil: 'soon' }] }],
    ['an end that is too far', 'config.observe', { routes: [{ path: '/a', observeUntil: '2027-03-01' }] }],
    ['an unknown profile', 'config.profile', { profile: 'strict' }],
    ['tokens that live for ever', 'config.token-lifetime', { maxTokenLifetime: Infinity }],
    ['a lifetime that is no number', 'config.token-lifetime', { maxTokenLifetime: Number.NaN }],
    ['proofs that live for an hour', 'config.proof-age', { maxProofAge: 3_600 }],
    ['a name with a space', 'config.name', { name: 'the orders' }],
    ['a terminator without a certificate', 'config.terminator', { terminators: [{ certificates: [], field: 'X-Client-Cert', format: 'base64-der' }] }],
    ['nonces without a secret', 'config.nonce-secret', { nonce: 'required', nonceSecrets: undefined }],
    ['no replay store', 'config.replay-missing', { replay: undefined }],
    ['a store of this process, not meant', 'config.replay-unshared', { replay: createMemoryReplayStore(), singleInstance: undefined }],
    ['a misspelt option', 'config.unknown-option', { route: [{ path: '/admin/**', clients: ['ops'] }] }],
    ['a misspelt member of a route', 'config.unknown-option', { routes: [{ path: '/admin/**', client: ['ops'] }] }],
    ['a misspelt member of an issuer', 'config.unknown-option', { issuer: [{ url: 'https://id.test', alg: ['RS256'] }] }],
    ['an issuer that is not in a list', 'config.option', { issuer: { url: 'https://id.test' } }],
    ['an issuer of the list without its URL', 'config.option', { issuer: ['https://id.test'] }],
    ['a type that is not in a list', 'config.option', { issuer: [{ url: 'https://id.test', typ: 'JWT' }] }],
    ['an algorithm that is not in a list', 'config.option', { issuer: [{ url: 'https://id.test', algs: 'RS256' }] }],
    ['an algorithm with a shared secret', 'config.option', { issuer: [{ url: 'https://id.test', algs: ['HS256'] }] }],
    ['a client of an issuer that is not in a list', 'config.option', { issuer: [{ url: 'https://id.test', clients: 'shop' }] }],
    ['a route that is not in a list', 'config.option', { routes: { path: '/**' } }],
    ['a route of the list without its path', 'config.option', { routes: ['/**'] }],
    ['a client of a route that is not in a list', 'config.option', { routes: [{ path: '/**', clients: 'shop' }] }],
    ['a binding that is not in a list', 'config.option', { routes: [{ path: '/**', bindings: 'dpop' }] }],
    ['an audience of a route that is not in a list', 'config.option', { routes: [{ path: '/**', audience: 'a' }] }],
    ['content that is not one of two', 'config.option', { routes: [{ path: '/**', body: 'required' }] }],
    ['a parameter of Express in a path', 'config.route', { routes: [{ path: '/orders/:id' }] }],
    ['a route that another hides', 'config.route', { routes: [{ path: '/a/**' }, { path: '/a/b/*' }] }],
    ['a nonce that is neither off nor required', 'config.option', { nonce: true }],
    ['a nonce secret that is a text', 'config.nonce-secret', { nonce: 'required', nonceSecrets: ['0123456789abcdef0123456789abcdef'] }],
    ['a client of Redis for a store', 'config.option', { replay: { eval: () => {}, evalSha: () => {} } }],
    ['a promise of a store', 'config.option', { replay: Promise.resolve(createMemoryReplayStore()) }],
    ['something else for a store of revocations', 'config.option', { revocations: {} }],
    ['a function for a sink', 'config.option', { sink: () => {} }],
    ['content of no bytes', 'config.content-limit', { maxContentBytes: 0 }],
    ['a slice as well', 'config.forms', { slice: options().slice, sliceKey: SLICE_KEY.publicKey }],
  ]
  const least = { ...LEAST, ...surroundings(), singleInstance: true, clock: () => NOW }
  test.each(WRONG)('%s: %s', (_, code, change) => {
    expect(() => guard({ ...least, ...change } as GuardOptions)).toThrow(expect.objectContaining({ name: 'ConfigError', code }))
  })

  test('and nothing else', () => {
    expect(() => guard(least)).not.toThrow()
    const routes = [{ path: '/a/b' }, { path: '/a/*' }, { path: '/a/**' }, { path: '/a' }, { path: '/ab/**' }, { path: '/**' }]
    expect(() => guard({ ...least, routes })).not.toThrow()
  })

  const SIGNED: readonly (readonly [what: string, code: string, change: object])[] = [
    [
      'a slice signed with another key',
      'config.slice-signature',
      { sliceKey: { kty: 'OKP', crv: 'Ed25519', x: '11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo' } },
    ],
    ['a slice that is no slice', 'config.slice-malformed', { slice: 'version: 1' }],
    ['a key that is no key', 'config.slice-key', { sliceKey: {} }],
    ['no slice', 'config.base-missing', { slice: undefined }],
    ['no replay store', 'config.replay-missing', { replay: undefined }],
  ]
  test.each(SIGNED)('%s: %s', (_, code, change) => {
    expect(() => guard({ ...options(), ...change } as GuardOptions)).toThrow(expect.objectContaining({ name: 'ConfigError', code }))
  })

  test('the slice key may come as a JWK', () => {
    const { kty, crv, x } = SLICE_KEY.publicKey.export({ format: 'jwk' })
    expect(() => guard({ ...options(), sliceKey: { kty: kty!, crv: crv!, x: x! } })).not.toThrow()
  })
})

test('a guard that was set up by options has no slice to change', () => {
  const check = guard({ ...LEAST, ...surroundings(), singleInstance: true })
  expect(() => check.reload(options().slice)).toThrow(expect.objectContaining({ code: 'config.reload' }))
})
