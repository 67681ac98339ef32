import type { KeyObject } from 'node:crypto'
import type { ProofHead } from './read-proof.js'
import type { Token } from './read-token.js'

/**
 * What costs much and never changes: verified tokens by the hash of the whole token, imported keys by thumbprint, each with the header that its proofs begin with.
 * Bounded, oldest out first. Only keys that a verified token is bound to come in, so strangers cannot fill it.
 */
export type Memo = {
  readonly tokens: Bounded<{ readonly token: Token; readonly key: KeyObject }>
  readonly keys: Bounded<{ readonly key: KeyObject; readonly head: ProofHead | undefined }>
}

export const createMemo = (max = 10_000): Memo => ({ tokens: new Bounded(max), keys: new Bounded(max) })

/** A map that forgets its oldest entry when it is full. */
export class Bounded<V> {
  readonly #entries = new Map<string, V>()
  readonly #max: number

  constructor(max: number) {
    this.#max = max
  }

  get(id: string): V | undefined {
    return this.#entries.get(id)
  }

  set(id: string, value: V): void {
    this.#entries.delete(id)
    if (this.#entries.size >= this.#max) this.#entries.delete(this.#entries.keys().next().value!)
    this.#entries.set(id, value)
  }

  delete(id: string): void {
    this.#entries.delete(id)
  }

  get size(): number {
    return this.#entries.size
  }
}
