import type { KeyObject } from 'node:crypto'
import type { Credential } from './read-authorization.js'
import type { ProofHead } from './read-proof.js'
import type { Token } from './read-token.js'
import type { Thumbprint } from './thumbprint.js'

/**
 * What costs much and never changes: verified tokens by the field they came in, imported keys by thumbprint, each with the header that its proofs begin with.
 * Bounded, oldest out first. Only keys that a verified token is bound to come in, so strangers cannot fill it.
 */
export type Memo = {
  readonly tokens: Bounded<KnownToken>
  readonly keys: Bounded<{ readonly key: KeyObject; readonly head: ProofHead | undefined }>
}

/** A verified token, with all that was read of its Authorization field. */
export type KnownToken = {
  readonly field: string
  readonly credential: Credential
  readonly tokenHash: Thumbprint
  readonly token: Token
  readonly key: KeyObject
}

/** What was verified under this very field. Found by its end, which is a signature's and short, then compared whole. */
export function recall(memo: Memo | undefined, values: readonly string[]): KnownToken | undefined {
  const field = values.length === 1 ? values[0] : undefined
  const known = field === undefined ? undefined : memo?.tokens.get(field.slice(-TAIL))
  return known?.field === field ? known : undefined
}

export function keep(memo: Memo | undefined, known: KnownToken): void {
  memo?.tokens.set(known.field.slice(-TAIL), known)
}

const TAIL = 32

export const createMemo = (max = 10_000): Memo => ({ tokens: new Bounded(max), keys: new Bounded(max) })

/** A map that forgets its oldest entry when it is full. */
export class Bounded<V> {
  readonly #entries = new Map<string, V>()
  readonly #max: number
  /** Goes on where it stopped: a new one would first walk over all that was deleted before, and a full memo would cost that each time. */
  #oldest = this.#entries.keys()

  constructor(max: number) {
    this.#max = max
  }

  get(id: string): V | undefined {
    return this.#entries.get(id)
  }

  set(id: string, value: V): void {
    this.#entries.delete(id)
    if (this.#entries.size >= this.#max) this.#forgetOldest()
    this.#entries.set(id, value)
  }

  #forgetOldest(): void {
    let next = this.#oldest.next()
    if (next.done) {
      this.#oldest = this.#entries.keys()
      next = this.#oldest.next()
    }
    if (!next.done) this.#entries.delete(next.value)
  }

  delete(id: string): void {
    this.#entries.delete(id)
  }

  get size(): number {
    return this.#entries.size
  }
}
