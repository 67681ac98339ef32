import { createPublicKey, verify as verifySignature } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { ATTESTED, attestedBy, honest, ISSUER_KEYS, NO_HOP, POLICY, proofWith, TOKEN } from './honest.testkit.js'
import { CAMPAIGNS, fuzz } from './hostile.testkit.js'
import { judge } from './judge.js'
import { readHopField, readSignatureInput, readSignatures } from './structured-fields.js'

/** Hostile input: nothing is thrown, and nothing that is not the honest request is accepted. `npm run fuzz` does more of it. */

const INPUTS = process.env['EVERYHOP_FULL'] === '1' ? 2_000_000 : 200_000
const SHARES = CAMPAIGNS.reduce((sum, { share }) => sum + share, 0)
const SEED = 20_261_127
const MINUTES = 60_000

describe('hostile inputs, each of which must come to nothing', () => {
  for (const campaign of CAMPAIGNS) {
    const inputs = Math.ceil((INPUTS * campaign.share) / SHARES)
    test(`${campaign.name}, ${inputs} times`, async () => expect(await fuzz(inputs, SEED, undefined, [campaign])).toEqual([]), 10 * MINUTES)
  }
})

describe('every byte changed to every other', () => {
  const evidence = honest({ dpop: [proofWith({ jti: 'a' })] })
  const accepted = (text: string, put: (text: string) => typeof evidence): readonly string[] => {
    const found: string[] = []
    for (let at = 0; at < text.length; at++) {
      for (let byte = 0; byte < 256; byte++) {
        const changed = text.slice(0, at) + String.fromCharCode(byte) + text.slice(at + 1)
        if (changed !== text && judge(put(changed), POLICY, ISSUER_KEYS).verdict !== 'deny') found.push(`${at}: ${byte}`)
      }
    }
    return found
  }
  test('of a proof', () => expect(accepted(evidence.dpop[0]!, (proof) => ({ ...evidence, dpop: [proof] }))).toEqual([]), 2 * MINUTES)
  test('of a token', () => expect(accepted(TOKEN, (token) => ({ ...evidence, authorization: [`DPoP ${token}`] }))).toEqual([]), 2 * MINUTES)
})

test('fields of strings that never close cost no more than their length: else this takes minutes', () => {
  const field = '"\\'.repeat(8_000)
  for (let times = 0; times < 40; times++) {
    for (const read of [readHopField, readSignatureInput, readSignatures]) expect([read(field), read(field.repeat(4))]).toEqual([undefined, undefined])
  }
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
