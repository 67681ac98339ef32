import type { Policy, Spend } from '@everyhop/proof'

/** A policy that was in force until another took over (epoch seconds). */
export type Earlier = { readonly policy: Policy; readonly until: number }

/** Seconds after which nothing lives any more that an earlier policy let in. */
const LONGEST = 1_000

/** The earlier policies that still matter once `last` has ended: under which proofs were let in and not spent. */
export const withEarlier = (earlier: readonly Earlier[], last: Earlier): readonly Earlier[] =>
  [...earlier, last].filter(({ policy, until }) => !policy.spends && last.until - until < LONGEST)

/** Whether a proof was perhaps used while this hop was not the replay authority. What was spent, and for how long, the store knows. */
export const mayBeUsed = ({ owner, made }: Spend, earlier: readonly Earlier[]): boolean =>
  owner !== undefined && earlier.some(({ policy, until }) => made < until + policy.maxEarly)
