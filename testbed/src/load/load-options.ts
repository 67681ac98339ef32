/** What the parts of a load run agree about. */
export type LoadOptions = {
  readonly minutes: number
  /** Distinct proofs, each sent once by its honest client; copies come on top. */
  readonly proofs: number
  /** Share of the proofs that are sent again, 0 to 1. */
  readonly replayShare: number
}

export const BASE = 'http://orders.test'
export const AUDIENCE = 'http://orders.test'

/** Keys of clients: few enough to be made at once, many enough that none comes near 1,000 live proofs. */
export const KEYS = 1_000

/** Seconds by which a clock may differ: none on one machine, but what waits for its turn there is late. */
export const CLOCK_DIFFERENCE = 2
/** Seconds before their time in which the guard accepts proofs (profile `default`). */
export const EARLY = 5
/** Seconds for which a loss of memory keeps what is honest out: both of the above, rounding, and a breaker that opens again late. */
export const DOUBT = CLOCK_DIFFERENCE + EARLY + 4
/** Seconds within which the last requests to a killed process have failed. */
export const AFTERMATH = 3

export type GuardSetUp = {
  readonly issuer: string
  readonly redisPort: number
  /** 0 the first time; then the same again. */
  readonly port: number
  /** What was let in is written here before it is answered: a process that is killed takes nothing of it along. */
  readonly ledger: string
}

/** To the client, from who runs the load: what may happen to honest requests because of what was done to the servers. */
export type Disturbance = { readonly what: 'guard' | 'redis'; readonly from: number; readonly until: number }
