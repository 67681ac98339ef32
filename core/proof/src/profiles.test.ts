import { describe, expect, test } from 'vitest'
import { ALGORITHMS } from './algorithms.js'
import { honest, issuing, NOW, POLICY, proofWith, verdictOf } from './honest.testkit.js'
import { PROFILES, type ProfileTime } from './profiles.js'

const TIMES = ['maxAge', 'maxEarly', 'skew', 'tokenLifetime'] as const satisfies readonly ProfileTime[]

for (const [name, profile] of Object.entries(PROFILES)) {
  const { maxAge, maxEarly, skew } = profile
  const policy = issuing({}, { ...POLICY, maxAge, maxEarly, skew, proofAlgs: new Set(profile.proofAlgs) })
  const at = (iat: number) => verdictOf(honest({ dpop: [proofWith({ iat })] }), policy)

  describe(name, () => {
    test('is what it says within its own limits', () => {
      for (const time of TIMES) {
        const [least, most] = profile.limits[time]
        expect(least <= profile[time] && profile[time] <= most).toBe(true)
      }
      for (const alg of [...profile.proofAlgs, ...profile.tokenAlgs]) expect(ALGORITHMS.has(alg)).toBe(true)
    })
    test('accepts proofs up to its times, and a second beyond them none', () => {
      expect([at(NOW - maxAge), at(NOW - maxAge - 1), at(NOW + maxEarly), at(NOW + maxEarly + 1)]).toEqual(['allow', 'proof.stale', 'allow', 'proof.early'])
    })
    test('cannot be changed', () => {
      expect([profile, profile.limits, profile.limits.maxAge, profile.proofAlgs].every((part) => Object.isFrozen(part))).toBe(true)
    })
  })
}

test('FAPI 2.0 takes ten seconds of the future, refuses sixty-one, and knows no RS256', () => {
  const { maxEarly, limits, tokenAlgs } = PROFILES.fapi2
  expect([maxEarly, limits.maxEarly, (tokenAlgs as readonly string[]).includes('RS256')]).toEqual([10, [10, 60], false])
})
