import { createPublicKey, verify as verifySignature } from 'node:crypto'
import fc from 'fast-check'
import { EmbeddedJWK, jwtVerify } from 'jose'
import { expect, test } from 'vitest'
import { ATTESTED, attestedBy, honest, ISSUER_KEYS, NO_HOP, POLICY, proofWith, TOKEN, verdictOf, withFields } from './honest.testkit.js'
import { judge } from './judge.js'
import { readHopField, readSignatureInput, readSignatures } from './structured-fields.js'
import { readRequestTarget, readTarget } from './target.js'

/** Hostile input: nothing is thrown, and nothing that is not the honest request is accepted. */

const RUNS = process.env['EVERYHOP_FULL'] === '1' ? 50_000 : 2_000
const PROOF = proofWith()

const mutations = (text: string) =>
  fc.tuple(fc.integer({ min: 0, max: text.length - 1 }), fc.integer({ min: 0, max: 255 })).map(([at, byte]) => ({
    at,
    text: text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1),
  }))

test('no single changed character of a proof is accepted', () => {
  fc.assert(
    fc.property(mutations(PROOF), ({ text }) => {
      if (text === PROOF) return
      expect(verdictOf(honest({ dpop: [text] }))).not.toBe('allow')
    }),
    { numRuns: RUNS },
  )
})

test('no single changed character of a token is accepted', () => {
  fc.assert(
    fc.property(mutations(TOKEN), ({ text }) => {
      if (text === TOKEN) return
      expect(verdictOf(honest({ authorization: [`DPoP ${text}`] }))).not.toBe('allow')
    }),
    { numRuns: RUNS },
  )
})

test('no single changed character of an attestation is accepted', () => {
  const evidence = honest()
  const fields = attestedBy('edge', evidence)
  const names = ['everyhopHop', 'signature', 'signatureInput'] as const
  fc.assert(
    fc.property(
      fc.constantFrom(...names).chain((name) => mutations(fields[name]).map(({ text }) => ({ name, text }))),
      ({ name, text }) => {
        if (text === fields[name]) return
        expect(verdictOf(withFields(evidence, { ...fields, [name]: text }), ATTESTED)).not.toBe('allow')
      },
    ),
    { numRuns: RUNS },
  )
})

const anything = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.base64String(), fc.json())

test('any values in any field are refused, and nothing is thrown', () => {
  const values = fc.array(anything, { maxLength: 3 })
  fc.assert(
    fc.property(
      fc.record({
        method: anything,
        target: fc.oneof(fc.webPath(), anything),
        authorization: values,
        dpop: values,
        hop: fc.record({ everyhopHop: values, signature: values, signatureInput: values, clientCert: values, contentDigest: values, aliases: fc.constant([]) }),
      }),
      (fields) => {
        for (const policy of [POLICY, ATTESTED]) {
          const judged = judge({ now: 1_790_000_000, earlyData: false, trailers: false, ...fields }, policy, ISSUER_KEYS)
          expect(judged.verdict).toBe('deny')
        }
      },
    ),
    { numRuns: RUNS },
  )
})

test('the small readers throw at nothing', () => {
  fc.assert(
    fc.property(anything, (text) => {
      for (const read of [readTarget, readRequestTarget, readHopField, readSignatureInput, readSignatures]) read(text)
    }),
    { numRuns: RUNS },
  )
})

test('a field of strings that never close costs no more than its length', () => {
  const field = '"\\'.repeat(8_000)
  const began = performance.now()
  for (const read of [readHopField, readSignatureInput, readSignatures]) expect([read(field), read(field.repeat(4))]).toEqual([undefined, undefined])
  expect(performance.now() - began).toBeLessThan(1_000)
})

test('a normal form is its own normal form, and names the same thing to WHATWG', () => {
  fc.assert(
    fc.property(fc.webUrl({ withQueryParameters: false, withFragments: false, validSchemes: ['http', 'https'] }), (url) => {
      const target = readTarget(url)
      if (target === undefined) return
      expect(readTarget(target)).toBe(target)
      expect(new URL(target).host).toBe(new URL(url).host)
    }),
    { numRuns: RUNS },
  )
})

/** What the oracle says of the proof alone: form, signature by the embedded key, typ, age. */
const oracleAccepts = (proof: string): Promise<boolean> =>
  jwtVerify(proof, EmbeddedJWK, {
    typ: 'dpop+jwt',
    algorithms: ['ES256', 'EdDSA', 'Ed25519'],
    currentDate: new Date(1_790_000_000_000),
    maxTokenAge: 60,
    clockTolerance: 5,
  }).then(
    () => true,
    () => false,
  )

test('whatever the oracle refuses, we refuse', async () => {
  const spoiledHeader = fc.dictionary(
    fc.constantFrom('typ', 'alg', 'crit', 'b64', 'kid', 'jku'),
    fc.constantFrom('dpop+jwt', 'JWT', 'ES256', 'none', 'HS256', '', 1, null, ['b64'], true),
  )
  const spoiledClaims = fc.dictionary(
    fc.constantFrom('iat', 'jti', 'htm', 'htu', 'ath', 'exp', 'nbf'),
    fc.constantFrom(0, 1_790_000_000, 1_790_000_066, -1, 1e300, '', 'x', null, []),
  )
  await fc.assert(
    fc.asyncProperty(spoiledClaims, spoiledHeader, async (claims, header) => {
      const { alg: _, ...signable } = header
      const proof = proofWith(claims, signable)
      if (verdictOf(honest({ dpop: [proof] })) !== 'allow') return
      // `exp` and `nbf` mean nothing in a proof (RFC 9449 §4.2), yet the oracle reads them in any JWT.
      if ('exp' in claims || 'nbf' in claims) return
      expect(await oracleAccepts(proof)).toBe(true)
    }),
    { numRuns: Math.min(RUNS, 5_000) },
  )
})

test('the attestation verifies for a stranger who knows only RFC 9421', () => {
  const evidence = honest()
  const fields = attestedBy('edge', evidence)
  const [, input = ''] = /^edge=(.*?), link=/.exec(fields.signatureInput) ?? []
  const [, signature = ''] = /^edge=:([^:]+):/.exec(fields.signature) ?? []
  const [, member = ''] = /^edge(.*)$/.exec(fields.everyhopHop) ?? []
  const base = [
    `"everyhop-hop";key="edge": ?1${member}`,
    `"authorization": ${evidence.authorization[0]}`,
    `"dpop": ${evidence.dpop[0]}`,
    `"@signature-params": ${input}`,
  ].join('\n')
  const key = createPublicKey([...ATTESTED.hops.get('edge')!.keys.values()][0]!.export({ format: 'pem', type: 'spki' }))
  expect(verifySignature('sha256', Buffer.from(base), { key, dsaEncoding: 'ieee-p1363' }, Buffer.from(signature, 'base64'))).toBe(true)
  expect(NO_HOP.aliases).toEqual([])
})
