import type { KeyObject } from 'node:crypto'
import { sha256, type Code, type IssuerKeys, type Thumbprint, type Token, type TokenAlg } from '@everyhop/proof'
import type { Introspector } from './introspector.js'
import type { KeySet } from './key-set.js'

/** Seconds within which a revocation is to be seen. */
const RECENT = 1

/** What speaks against a token at a time, or nothing. */
export type Vigil = (now: number) => Promise<'token.inactive' | 'introspection.unavailable' | undefined>

/** Whom the requests' tokens are asked of. */
export type Sources = {
  readonly keySets: ReadonlyMap<string, KeySet>
  /** The one issuer of opaque tokens, which do not say whose they are. */
  readonly opaque: Introspector | undefined
  /** Issuers that are asked about their JWTs too. */
  readonly jwt: ReadonlyMap<string, Introspector>
}

/**
 * What the issuers tell about the token of one request, at one time. It remembers what was asked for, since the engine asks only for
 * a token of which all else holds: nobody's garbage costs an issuer a fetch, and one that is down stops no other's tokens.
 */
export class Lookup implements IssuerKeys {
  readonly introspected?: (tokenHash: Thumbprint) => Token | Code | undefined
  readonly #sources: Sources
  readonly #now: number
  #asked: KeySet | undefined
  #generation = 0
  #hasWaited = false
  #said: Token | Code | undefined

  constructor(sources: Sources, now: number) {
    this.#sources = sources
    this.#now = now
    const { opaque } = sources
    if (opaque) this.introspected = (tokenHash) => this.#said ?? opaque.known(tokenHash, now)?.token
  }

  find(issuer: string, kid: string | undefined, alg: TokenAlg): KeyObject | undefined {
    const set = this.#sources.keySets.get(issuer)
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

  /** Asks about an opaque token. Resolves whether there is an answer; the engine finds it when it judges again. */
  async introspect(token: string): Promise<boolean> {
    this.#said = await this.#sources.opaque?.ask(token, sha256(token), this.#now).then(
      (said) => said.token,
      () => undefined,
    )
    return this.#said !== undefined
  }

  /** For a token that was accepted because its issuer says that it lives: asks that again, at another time. Undefined where nobody is asked. */
  vigil(issuer: string, token: string): Vigil | undefined {
    const introspector = this.#asked ? this.#sources.jwt.get(issuer) : this.#sources.opaque
    if (!introspector) return undefined
    const tokenHash = sha256(token)
    return (now) =>
      introspector.ask(token, tokenHash, now).then(
        ({ isActive }) => (isActive ? undefined : 'token.inactive'),
        () => 'introspection.unavailable',
      )
  }

  /** Whether what was said of an opaque token for this request is still as new as it has to be at `now`: unless its content kept us waiting. */
  isRecent(now: number): boolean {
    return !this.#asked && Math.abs(now - this.#now) <= RECENT
  }
}
