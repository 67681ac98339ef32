import { isSensitiveAlias } from '@everyhop/verifier'
import { expect, test } from 'vitest'
import { CERTIFICATE_FIELDS, IDENTITY_FIELDS } from './sensitive-fields.js'

/** A name that clients send for their own sake: removed where a hop can, no reason to refuse. */
const HARMLESS = ['X-Client-Id']

test('a certificate or identity that a hop removes is one that a hop or guard refuses under another spelling', () => {
  const spellings = [...CERTIFICATE_FIELDS, ...IDENTITY_FIELDS].flatMap((name) => [
    name,
    name.toUpperCase(),
    name.replaceAll('-', '_'),
    name.replaceAll('_', '-'),
  ])
  const missed = new Set(spellings.filter((name) => !isSensitiveAlias(name)).map((name) => name.toLowerCase().replaceAll('_', '-')))
  expect([...missed]).toEqual(HARMLESS.map((name) => name.toLowerCase()))
})
