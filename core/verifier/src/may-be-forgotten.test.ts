import { describe, expect, test } from 'vitest'
import type { Policy, Spend } from '@everyhop/proof'
import { evidenceFrom } from './evidence-from.js'
import { mayBeForgotten } from './may-be-forgotten.js'
import { sample, SLICE, type Sample } from './sample.testkit.js'

/** What was spent under one slice stays spent under the next. */

const lasting = (maxAge: number) => ({ slice: { ...SLICE, proof: { ...SLICE.proof, maxAge } }, digest: 'next' })

async function outcome({ verifier }: Sample, token: string, proof: string): Promise<string> {
  const verdict = await verifier.verify(evidenceFrom({ method: 'GET', target: '/orders/1', rawHeaders: ['Authorization', `DPoP ${token}`, 'DPoP', proof] }))
  return verdict.verdict === 'deny' ? verdict.code : 'allow'
}

test('a proof that was used does not come to life because the next slice lets proofs live longer', async () => {
  const chain = sample()
  const { time, verifier } = chain
  const start = time.now
  const token = chain.token()
  const used = [chain.proof(token), chain.proof(token, { iat: start + 5 })]
  for (const proof of used) expect(await outcome(chain, token, proof)).toBe('allow')
  time.now = start + 10
  verifier.reload(lasting(300))
  for (const after of [20, 60, 66, 71, 72, 200]) {
    time.now = start + after
    for (const proof of used) expect(['proof.replayed', 'replay.forgotten']).toContain(await outcome(chain, token, proof))
  }
  verifier.reload(lasting(300))
  expect(await outcome(chain, token, used[0]!)).toBe('replay.forgotten')
  expect(await outcome(chain, token, chain.proof(token, { iat: start + 100 }))).toBe('allow')
})

test('what was made before this hop became the replay authority may have been used', async () => {
  const chain = sample({ change: { replayAuthority: false } })
  const { time, verifier } = chain
  const token = chain.token()
  const used = chain.proof(token)
  expect(await outcome(chain, token, used)).toBe('allow')
  verifier.reload(lasting(60))
  expect(await outcome(chain, token, used)).toBe('replay.forgotten')
  time.now += 7
  expect([await outcome(chain, token, chain.proof(token)), await outcome(chain, token, used)]).toEqual(['allow', 'replay.forgotten'])
})

test('the slice of another hop is refused: it would know of nothing that was spent', () => {
  expect(() => sample().verifier.reload({ slice: { ...SLICE, hop: 'bills' }, digest: 'next' })).toThrow('this is hop orders, and the slice is of hop bills')
})

describe('an attestation is held to the shorter skew', () => {
  const policy = (skew: number) => ({ spends: true, maxAge: 60, maxEarly: 5, skew, maxAttestationAge: 10 }) as Policy
  const earlier = [{ policy: policy(0), until: 1_000 }]
  const expiring = (expires: number, skew: number): Spend => ({ id: 'x', until: expires + skew, from: expires - 10 - skew, spent: 'attestation.replayed' })
  test.each([
    ['while its first use is remembered', 990, 0, 1_001, false],
    ['after that', 1_000, 30, 1_001, true],
    ['made later', 1_012, 30, 1_020, false],
  ] as const)('%s', (_, expires, skew, now, expected) => {
    expect(mayBeForgotten(expiring(expires, skew), now, policy(skew), earlier)).toBe(expected)
  })
})
