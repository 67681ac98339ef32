import { createKeyPair } from './create-key-pair.js'
import { createHash, createPublicKey } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import type { AttestationFields } from './attest.js'
import type { Evidence, HopFields } from './evidence.js'
import {
  askedAside,
  ATTESTED,
  attestedBy,
  CERTIFICATE,
  honest,
  ISSUER_KEYS,
  JKT,
  KEYS,
  NOW,
  tokenWith,
  verdictOf,
  withFields,
  X5T,
  type AttestChanges,
  type TestHop,
} from './honest.testkit.js'
import { judge } from './judge.js'
import type { Policy } from './policy.js'
import { thumbprintOf } from './proof-key.js'

/** Paths of several hops: what each signs, and what nobody may leave out. */

const evidence = honest()
const fields = attestedBy('edge', evidence)
const attested = (changes: AttestChanges): Evidence => withFields(evidence, attestedBy('edge', evidence, changes))
const stranger = createKeyPair('ec', { namedCurve: 'P-256' }).privateKey

/** Each hop signs what the hops before it attested; each but the last sends to another hop. */
function along(hops: readonly TestHop[], changes: Partial<Record<TestHop, AttestChanges>> = {}, request: Evidence = evidence): AttestationFields {
  let earlier: AttestationFields | undefined
  for (const [index, hop] of hops.entries()) {
    const authority = index === hops.length - 1 ? 'orders.internal:8080' : `${hops[index + 1]}.internal`
    const message = { method: 'GET', authority, path: '/orders/1', query: '?page=2' }
    earlier = attestedBy(hop, request, { message, ...(earlier && { earlier }), ...changes[hop] })
  }
  return earlier!
}

const THREE = ['edge', 'mesh', 'sidecar'] as const

describe('three hops', () => {
  const judged = (changes: Parameters<typeof along>[1]) => verdictOf(withFields(evidence, along(THREE, changes)), ATTESTED)
  const { privateKey } = createKeyPair('ed25519')

  test('the whole path is seen, and the last link is spent', () => {
    const pending = judge(withFields(evidence, along(THREE)), ATTESTED, ISSUER_KEYS)
    expect(pending).toMatchObject({ verdict: 'pending', proven: { path: THREE } })
    expect(pending.verdict === 'pending' && pending.spends.map(({ spent }) => spent)).toEqual(['attestation.replayed', 'proof.replayed'])
  })
  test('an Ed25519 key attests as well', () => {
    const keyid = thumbprintOf(privateKey)
    const hops = new Map(ATTESTED.hops).set('mesh', { hop: 'mesh', keys: new Map([[keyid, createPublicKey(privateKey)]]) })
    expect(verdictOf(withFields(evidence, along(THREE, { mesh: { key: privateKey, keyid } })), { ...ATTESTED, hops })).toBe('allow')
  })
  for (const hop of THREE) {
    test(`every signature counts: ${hop} signed with another key`, () => expect(judged({ [hop]: { key: stranger } })).toBe('attestation.signature'))
    test(`every signature counts: ${hop} is not registered`, () => {
      expect(judged({ [hop]: { key: stranger, keyid: thumbprintOf(stranger) } })).toBe('attestation.unknown-key')
    })
    test(`every signature counts: that of ${hop} is over`, () => expect(judged({ [hop]: { now: NOW - 16 } })).toBe('attestation.stale'))
    test(`every signature counts: ${hop} signed another token`, () => {
      expect(judged({ [hop]: { fields: { authorization: 'DPoP other', dpop: evidence.dpop[0]! } } })).toBe('attestation.signature')
    })
  }
  test('a later hop names no other key than the first', () => {
    expect(judged({ sidecar: { statement: { binding: 'dpop', jkt: thumbprintOf(KEYS.thief.publicKey) } } })).toBe('attestation.subject')
  })
  test('a later hop says nothing of the external target', () => {
    const statement = { binding: 'dpop', jkt: JKT, method: 'GET', target: 'https://api.test/orders/1' }
    expect(judged({ mesh: { statement } })).toBe('attestation.malformed')
  })
  test("an earlier hop's link does not lead here", () => {
    const edge = along(['edge'], { edge: { message: { method: 'GET', authority: 'mesh.internal', path: '/orders/1', query: '?page=2' } } })
    expect(verdictOf(withFields(evidence, edge), ATTESTED)).toBe('attestation.signature')
  })
})

describe('each component of each signature must be covered', () => {
  const two = along(['edge', 'mesh'])
  for (const input of two.signatureInput.split(/, (?=\w+=\()/)) {
    const [, label = '', list = ''] = /^(\w+)=\(([^)]*)\)/.exec(input) ?? []
    const components = list.split(' ')
    for (const component of components) {
      const left = components.filter((one) => one !== component).join(' ')
      test(`${label} without ${component}`, () => {
        const signatureInput = two.signatureInput.replace(input, input.replace(list, left))
        expect(verdictOf(withFields(evidence, { ...two, signatureInput }), ATTESTED)).toBe('attestation.uncovered')
      })
    }
    test(`${label} in another order`, () => {
      const signatureInput = two.signatureInput.replace(input, input.replace(list, components.toReversed().join(' ')))
      expect(verdictOf(withFields(evidence, { ...two, signatureInput }), ATTESTED)).toBe('attestation.uncovered')
    })
  }
})

test('a link is spent by key and nonce, here alone', () => {
  const nonces = (link: string) => ({ nonces: ['A'.repeat(22), link.repeat(22)] as const })
  const idOf = (changes: AttestChanges, policy = ATTESTED) => {
    const pending = judge(attested(changes), policy, ISSUER_KEYS)
    return pending.verdict === 'pending' ? pending.spends[0]!.id : pending.code
  }
  const both = {
    ...ATTESTED,
    hops: new Map(ATTESTED.hops).set('edge', { hop: 'edge', keys: new Map([...ATTESTED.hops.values()].flatMap(({ keys }) => [...keys])) }),
  }
  const other = { key: KEYS.mesh.privateKey, keyid: thumbprintOf(KEYS.mesh.privateKey) }
  const ids = [idOf(nonces('B')), idOf(nonces('C')), idOf({ ...nonces('B'), ...other }, both), idOf(nonces('B'), { ...ATTESTED, hop: 'bills' })]
  expect([new Set(ids).size, idOf({ ...nonces('B'), now: NOW - 1 }) === ids[0]]).toEqual([4, true])
})

describe('content', () => {
  const policy: Policy = { ...ATTESTED, routes: [{ ...ATTESTED.routes[0]!, body: 'covered' }] }
  const digest = createHash('sha256').update('{"a":1}').digest('base64')
  const contentDigest = `sha-256=:${digest}:`
  const signed = attestedBy('edge', evidence, { fields: { authorization: evidence.authorization[0]!, dpop: evidence.dpop[0]!, contentDigest } })
  const received = (hop: Partial<HopFields>, contentSha256 = digest) => verdictOf({ ...withFields(evidence, signed, hop), contentSha256 }, policy)

  test('that the hop covered', () => expect(received({ contentDigest: [contentDigest] })).toBe('allow'))
  test('another than that of the digest', () => expect(received({ contentDigest: [contentDigest] }, 'AAAA')).toBe('request.content-digest'))
  test('without its digest', () => expect(received({ contentDigest: [] })).toBe('request.content-digest'))
  test('with two digests', () => expect(received({ contentDigest: [contentDigest, contentDigest] })).toBe('request.content-digest'))
  test('with two digests in one field', () => {
    expect(received({ contentDigest: [`${contentDigest}, sha-512=:AAAA:`] })).toBe('request.content-digest')
  })
  test('that nobody computed', () => expect(verdictOf(withFields(evidence, signed, { contentDigest: [contentDigest] }), policy)).toBe('request.content-digest'))
  test('whose digest the hop did not cover', () => {
    expect(verdictOf({ ...withFields(evidence, fields, { contentDigest: [contentDigest] }), contentSha256: digest }, policy)).toBe('attestation.uncovered')
  })
})

test('a certificate that a later hop put in is not what the first attested', () => {
  const certified = honest({ authorization: [`Bearer ${tokenWith({ cnf: { 'x5t#S256': X5T } })}`], dpop: [] })
  const clientCert = `:${CERTIFICATE.toString('base64')}:`
  const statement = { binding: 'mtls', x5t: X5T }
  const covered = { authorization: certified.authorization[0]!, clientCert }
  const first = { statement: { ...statement, method: 'GET', target: 'https://api.test/orders/1' } }
  const request = (edge: AttestChanges) =>
    withFields(certified, along(['edge', 'mesh'], { edge, mesh: { statement, fields: covered } }, certified), { clientCert: [clientCert] })
  expect(verdictOf(request({ ...first, fields: covered }), ATTESTED)).toBe('allow')
  expect(verdictOf(request({ ...first, fields: { authorization: covered.authorization } }), ATTESTED)).toBe('attestation.uncovered')
  expect(verdictOf(request({ ...first, fields: { ...covered, clientCert: ':AAAA:' } }), ATTESTED)).toBe('attestation.signature')
})

test('all of it the same with signatures verified on other threads', async () => {
  const { here, aside } = await askedAside()
  expect(here.length).toBeGreaterThan(20)
  expect(aside).toEqual(here)
})
