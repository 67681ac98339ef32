import { describe, expect, test } from 'vitest'
import { createKeyPair, signCompact, thumbprintOf } from '@everyhop/proof'
import { evidenceFrom } from '../evidence-from.js'
import { sample, SLICE } from '../sample.testkit.js'

const [FIRST] = SLICE.issuers
const SECOND = { ...FIRST!, url: 'https://other.test', clients: ['shop'] }

/** The sample chain with a second issuer. */
function two() {
  const chain = sample({ change: { issuers: [FIRST!, SECOND] } })
  const key = createKeyPair('ec', { namedCurve: 'P-256' })
  const metadata = 'https://other.test/.well-known/oauth-authorization-server'
  chain.documents.set(metadata, () => ({ issuer: 'https://other.test', jwks_uri: 'https://other.test/jwks' }))
  chain.documents.set('https://other.test/jwks', () => ({ keys: [{ ...key.publicKey.export({ format: 'jwk' }), kid: 'k1' }] }))
  const { now } = chain.time
  const claims = { sub: 'shop', aud: 'https://api.test', client_id: 'shop', jti: 'other-1', iat: now, exp: now + 300 }
  const token = (more: Record<string, unknown> = {}, signer = key.privateKey, kid = 'k1'): string =>
    signCompact({ typ: 'at+jwt', kid }, { iss: 'https://other.test', ...claims, cnf: { jkt: thumbprintOf(chain.client.publicKey) }, ...more }, signer)
  const ask = async (asked: string): Promise<string> => {
    const rawHeaders = ['Authorization', `DPoP ${asked}`, 'DPoP', chain.proof(asked)]
    const decision = await chain.verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders }))
    return decision.verdict === 'deny' ? decision.code : 'allow'
  }
  const fetchedFrom = (origin: string): number => chain.fetched.filter((url) => url.startsWith(origin)).length
  return { ...chain, other: token, ask, fetchedFrom }
}

describe('with several issuers', () => {
  test('the token names its own, and only that one is asked for keys', async () => {
    const chain = two()
    expect(await chain.ask(chain.token())).toBe('allow')
    expect([chain.fetchedFrom('https://id.test'), chain.fetchedFrom('https://other.test')]).toEqual([2, 0])
    expect(await chain.ask(chain.other())).toBe('allow')
    expect([chain.fetchedFrom('https://id.test'), chain.fetchedFrom('https://other.test')]).toEqual([2, 2])
  })
  test('one cannot sign in the name of another', async () => {
    const chain = two()
    expect(await chain.ask(chain.other({ iss: 'https://id.test' }))).toBe('token.signature')
  })
  test('an unknown one costs no fetch, and neither does a token that fails otherwise', async () => {
    const chain = two()
    expect(await chain.ask(chain.other({ iss: 'https://evil.test' }))).toBe('token.issuer')
    expect(await chain.ask(chain.other({ aud: 'https://else.test' }))).toBe('token.audience')
    expect(await chain.ask(chain.other({ cnf: { jkt: 'A'.repeat(43) } }))).toBe('token.other-key')
    expect(chain.fetched).toEqual([])
  })
  test('one that is down stops no tokens of another', async () => {
    const chain = two()
    chain.documents.delete('https://other.test/jwks')
    expect(await chain.ask(chain.other())).toBe('keys.unavailable')
    expect(await chain.ask(chain.token())).toBe('allow')
  })
  test('ready names those whose keys cannot be had', async () => {
    const chain = two()
    await expect(chain.verifier.ready()).resolves.toBeUndefined()
    const broken = two()
    broken.documents.delete('https://other.test/jwks')
    await expect(broken.verifier.ready()).rejects.toMatchObject({
      code: 'config.issuer',
      message: 'the keys of the issuer https://other.test could not be had (the answer has the status of a failure)',
    })
  })
  test('one speaks for its own clients only, where they are named', async () => {
    const chain = two()
    const [route] = SLICE.routes
    chain.verifier.reload({
      slice: { ...SLICE, issuers: [FIRST!, { ...SECOND, clients: ['partner'] }], routes: [{ ...route!, clients: ['shop', 'partner'] }] },
      digest: 'next',
    })
    expect(await chain.ask(chain.other())).toBe('token.client')
    expect(await chain.ask(chain.other({ client_id: 'partner' }))).toBe('allow')
  })
  test('a key that is new is found with the first token that it signed', async () => {
    const chain = two()
    expect(await chain.ask(chain.other())).toBe('allow')
    const jwks = 'https://other.test/jwks'
    const { keys } = chain.documents.get(jwks)!(new URLSearchParams()) as { readonly keys: readonly object[] }
    const next = createKeyPair('ec', { namedCurve: 'P-256' })
    chain.documents.set(jwks, () => ({ keys: [...keys, { ...next.publicKey.export({ format: 'jwk' }), kid: 'k2' }] }))
    chain.time.now += 6
    expect([await chain.ask(chain.other({}, next.privateKey, 'k2')), await chain.ask(chain.other())]).toEqual(['allow', 'allow'])
  })
  test('one whose key is unknown while it does not answer is not said to have no such key', async () => {
    const chain = two()
    expect(await chain.ask(chain.token())).toBe('allow')
    chain.documents.delete('https://id.test/jwks')
    chain.time.now += 6
    expect(await chain.ask(chain.token({}, 'k2'))).toBe('keys.unavailable')
    expect(await chain.ask(chain.token())).toBe('allow')
  })
})

describe('stops the start', () => {
  const start = (issuers: typeof SLICE.issuers) => () => sample({ change: { issuers } })
  test('no issuer, one twice, one without TLS', () => {
    expect(start([])).toThrow(/no issuer/)
    expect(start([FIRST!, FIRST!])).toThrow(/declared twice/)
    expect(start([{ ...FIRST!, url: 'http://id.test' }])).toThrow(/https/)
    expect(start([{ ...FIRST!, jwksUri: 'http://id.test/jwks' }])).toThrow(/jwksUri of the issuer/)
    expect(start([{ ...FIRST!, revocations: 'ftp://id.test' }])).toThrow(/revocations of the issuer/)
    expect(start([{ ...FIRST!, introspection: 'http://10.0.0.1/' }])).toThrow(/introspection of the issuer/)
  })
})

test('a slice that changes something else costs no issuer a fetch', async () => {
  const chain = two()
  expect(await chain.ask(chain.token())).toBe('allow')
  const before = chain.fetched.length
  chain.verifier.reload({ slice: { ...SLICE, chain: 'renamed', issuers: [FIRST!, SECOND] }, digest: 'next' })
  expect(await chain.ask(chain.token())).toBe('allow')
  expect(chain.fetched.length).toBe(before)
  chain.verifier.reload({ slice: { ...SLICE, issuers: [{ ...FIRST!, jwksUri: 'https://id.test/jwks' }] }, digest: 'third' })
  expect(await chain.ask(chain.token())).toBe('allow')
  expect(chain.fetched.slice(before)).toEqual(['https://id.test/jwks'])
})
