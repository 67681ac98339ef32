import { expect, test } from 'vitest'
import { createVerifier } from './create-verifier.js'
import { evidenceFrom } from './evidence-from.js'
import { createMemoryReplayStore } from './replay/memory.js'
import { sample, SLICE, type Sample } from './sample.testkit.js'

/** What was spent under one slice stays spent under the next. */

const lasting = (maxAge: number) => ({ slice: { ...SLICE, proof: { ...SLICE.proof, maxAge } }, digest: 'next' })

async function outcome({ verifier }: Pick<Sample, 'verifier'>, token: string, proof: string): Promise<string> {
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

test('nor at another instance of the store that lets proofs live longer, in whichever order they are deployed', async () => {
  const replay = createMemoryReplayStore({ since: 'always' })
  const chain = sample({ replay })
  const { time, fetch } = chain
  const long = createVerifier({ slice: lasting(300), replay, fetch, clock: () => time.now })
  const start = time.now
  const token = chain.token()
  const used = chain.proof(token)
  const usedAtLong = chain.proof(token, { iat: start - 100 })
  const unused = chain.proof(token, { iat: start - 100 })
  expect(await outcome({ verifier: long }, token, usedAtLong)).toBe('allow')
  expect(await outcome(chain, token, used)).toBe('allow')
  for (const after of [20, 60, 66, 67, 71, 72, 150]) {
    time.now = start + after
    expect(['proof.replayed', 'replay.forgotten']).toContain(await outcome({ verifier: long }, token, used))
    expect(await outcome({ verifier: long }, token, usedAtLong)).toBe('proof.replayed')
  }
  // Nobody can know any more that it was not used at the other one.
  expect(await outcome({ verifier: long }, token, unused)).toBe('replay.forgotten')
  // What was made after all that the other one accepted lives as long as it may.
  const fresh = [chain.proof(token, { iat: start + 1 }), chain.proof(token)]
  for (const proof of fresh) expect(await outcome({ verifier: long }, token, proof)).toBe('allow')
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
