import { expect, test } from 'vitest'
import { createNonceSource } from './attestation-nonce.js'

test('no two are alike, whether of one filling of the pool or of several, and each is of 128 bits', () => {
  const next = createNonceSource(4)
  const made = Array.from({ length: 1_000 }, next)
  expect(new Set(made).size).toBe(1_000)
  expect(made.filter((nonce) => Buffer.from(nonce, 'base64url').length !== 16 || Buffer.from(nonce, 'base64url').every((byte) => byte === 0))).toEqual([])
})
