import type { Policy, Spend } from '@everyhop/proof'

/** A policy that was in force until another took over (epoch seconds). */
export type Earlier = { readonly policy: Policy; readonly until: number }

/** Seconds after which nothing lives any more that an earlier policy let in. */
const LONGEST = 1_000

/** The earlier policies that still matter once `last` has ended. */
export const withEarlier = (earlier: readonly Earlier[], last: Earlier): readonly Earlier[] => [
  ...earlier.filter(({ until }) => last.until - until < LONGEST),
  last,
]

/**
 * Whether something that counts now was perhaps used under an earlier policy and forgotten since: ids are kept as long as the policy
 * demanded under which they were spent, and a proof may live longer under the next. What was made by then is held to the shorter time.
 */
export function mayBeForgotten(spend: Spend, now: number, policy: Policy, earlier: readonly Earlier[]): boolean {
  const isProof = spend.owner !== undefined
  const kept = ({ maxAge, skew }: Policy): number => (isProof ? maxAge + skew : skew)
  // `iat` of the proof, `expires` of the attestation, up to a second later: `until` was rounded up.
  const time = spend.until - kept(policy) - 1
  return earlier.some(({ policy: old, until }) => {
    const wasSpent = !isProof || old.spends
    if (wasSpent && kept(old) >= kept(policy)) return false
    const latest = until + (isProof ? old.maxEarly : old.skew + old.maxAttestationAge)
    return time < latest && !(wasSpent && now <= time + kept(old))
  })
}
