/**
 * What is wrong with a store that instances share, for logs and alerts; requests are refused meanwhile.
 * `memory-lost`: another life of the server, wiped, or restored; what was accepted before is refused from now on.
 * `clocks-differ`: ours and the store's by more than allowed. `evicting`: it is set up to drop what lives.
 * `not-primary`: a replica answers. `too-old`: a version that cannot do it. `failed`: it answered with an error. `late`: not in time.
 */
export type StoreTrouble = 'memory-lost' | 'clocks-differ' | 'evicting' | 'not-primary' | 'too-old' | 'failed' | 'late'

export type SharedStoreOptions = {
  /** Live ids of one key of a client. Default 1,000. */
  readonly perOwner?: number
  /** Live ids of one client that came through this instance, with however many keys. Default 500,000. */
  readonly perClient?: number
  /**
   * Seconds by which the clocks of an instance and of the store may differ; default 5. What differs more is refused.
   * After a loss of memory, requests are refused that much longer: an instance ahead may have accepted what looks newer.
   */
  readonly clockDifference?: number
  /** Told at once, and at each request while it lasts. */
  readonly onTrouble?: (trouble: StoreTrouble) => void
}

export const CLOCK_DIFFERENCE = 5

/** Telling must not cost the request, whatever is done with it. */
export function tell(onTrouble: SharedStoreOptions['onTrouble'], trouble: StoreTrouble): void {
  try {
    onTrouble?.(trouble)
  } catch {
    // The one who listens is at fault; the answer is not.
  }
}

/** For the start. Only what has the form of a code is shown, of the server or the system (`ECONNREFUSED`, `NOAUTH`, `28P01`): it quotes nothing. */
export const noAnswer = (code: unknown): string =>
  `it does not answer as it should${typeof code === 'string' && /^[A-Z\d_]{4,40}$/.test(code) ? ` (${code})` : ''}`
