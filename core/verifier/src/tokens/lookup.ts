import type { KeyObject } from 'node:crypto'
import type { IssuerKeys, TokenAlg } from '@everyhop/proof'
import type { KeySet } from './key-set.js'

/**
 * The keys of all issuers for one request, at one time. It remembers whose were asked for, since the engine asks only for a token
 * of a declared issuer of which all else holds: nobody's garbage costs an issuer a fetch, and one that is down stops no other's tokens.
 */
export class Lookup implements IssuerKeys {
  readonly #sets: ReadonlyMap<string, KeySet>
  readonly #now: number
  #asked: KeySet | undefined
  #generation = 0
  #hasWaited = false

  constructor(sets: ReadonlyMap<string, KeySet>, now: number) {
    this.#sets = sets
    this.#now = now
  }

  find(issuer: string, kid: string | undefined, alg: TokenAlg): KeyObject | undefined {
    const set = this.#sets.get(issuer)
    this.#asked = set
    if (!set) return undefined
    this.#generation = set.generation()
    const counts = this.#hasWaited ? set.areInForce(this.#now) : set.areFresh(this.#now)
    return counts ? set.find(kid, alg) : undefined
  }

  /** Has newer keys fetched where those asked for were too old or lacked the one. Resolves whether it is worth to judge again. */
  async renew(): Promise<boolean> {
    const set = this.#asked
    if (!set) return false
    const wasStale = !this.#hasWaited && !set.areFresh(this.#now)
    this.#hasWaited = true
    if (wasStale) {
      await set.renew(this.#now)
      return set.areInForce(this.#now)
    }
    await set.refresh(this.#now)
    return set.generation() !== this.#generation
  }

  /** Whether a key that is not there does not exist: the issuer answered when it was asked last. */
  isCurrent(): boolean {
    return this.#asked?.defect() === undefined
  }
}
