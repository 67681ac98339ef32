import { expect, test } from 'vitest'
import { createKeyPair } from './create-key-pair.js'
import { readCompact, signatureHolds, signCompact } from './compact-jws.js'

test.each([
  ['ES256', 'ec', { namedCurve: 'P-256' }],
  ['ES384', 'ec', { namedCurve: 'P-384' }],
  ['EdDSA', 'ed25519', {}],
  ['PS256', 'rsa', { modulusLength: 2_048 }],
] as const)('a pair for %s belongs together, and each is another', (alg, type, options) => {
  const [one, other] = [createKeyPair(type, options), createKeyPair(type, options)]
  const jws = readCompact(signCompact({ alg }, {}, one.privateKey), 8_192)!
  expect([signatureHolds(alg, one.publicKey, jws.signingInput, jws.signature), signatureHolds(alg, other.publicKey, jws.signingInput, jws.signature)]).toEqual([
    true,
    false,
  ])
})
