import { CODES, type Code, type Fault } from './codes.js'
import type { Signed } from './compact-jws.js'
import type { Thumbprint } from './thumbprint.js'

/** How the accepted token was bound. `bearer` passes only under a waiver. */
export type Binding = 'dpop' | 'mtls' | 'dpop+mtls' | 'bearer'

/** What an allowed request has proven. */
export type Proven = {
  /** The issuer of the token: client and subject are its names. */
  readonly issuer: string
  readonly client: string
  readonly subject: string
  /** `iat` of the token, epoch seconds; absent where the issuer does not tell. */
  readonly issuedAt?: number
  readonly binding: Binding
  /** RFC 7638 thumbprint of the client's key, where one was proven. */
  readonly jkt?: Thumbprint
  /** RFC 8705 §3.1 thumbprint of the client's certificate, where one was proven. */
  readonly x5t?: Thumbprint
  readonly scope: readonly string[]
  /** Declared pattern of the route, as in the manifest. */
  readonly route: string
  /** The hops that exchanged or attested, from the client inwards. Empty where none is expected. */
  readonly path: readonly string[]
  /** Id of the waiver that the request needed. */
  readonly waiver?: string
  /** SHA-256 of the token's `jti`, or of the token where it has none, base64url; the key of revocations and receipts. */
  readonly tokenId?: string
  /** SHA-256 of the claim that names the grant, base64url, where the issuer is declared with one and gives it. */
  readonly grantId?: string
}

export type Allow = { readonly verdict: 'allow'; readonly proven: Proven }
export type Deny = { readonly verdict: 'deny'; readonly code: Code; readonly fault: Fault }
export type Decision = Allow | Deny

/** Something to use up, once. */
export type Spend = {
  /** Opaque, fixed-size store key: base64url SHA-256. */
  readonly id: string
  /** Epoch seconds; the id must be remembered up to and including this second. */
  readonly until: number
  /** Epoch seconds; the earliest second in which it could have been used before. A store whose memory begins later cannot know. */
  readonly from: number
  /** Whole epoch seconds, as it says itself: `iat` of a proof, the end of an attestation. */
  readonly made: number
  /** `proof orders`: what it is, and at which hop. Instances may differ in how long they remember one kind: `until - made`. */
  readonly kind: string
  /** Thumbprint of the client's key whose live proofs are counted; absent for an attestation, of which a hop makes one a request. */
  readonly owner?: Thumbprint
  /** Issuer and id of the client, whose live proofs are counted as well; absent where `owner` is. */
  readonly client?: string
  /** What a second use means. */
  readonly spent: 'proof.replayed' | 'attestation.replayed'
}

/** What follows a signature: for this package alone, so that nobody else gets past one that was not verified. */
export const FOLLOWS = Symbol('follows')

/** Everything holds that was looked at, and one signature is next. `proceed` goes on from here; it can be neither spent nor settled. */
export type Unverified = {
  readonly verdict: 'unverified'
  readonly signed: Signed
  readonly [FOLLOWS]: { readonly defect: Code; readonly next: () => Step }
}

/** How far a request has come. */
export type Step = Deny | Unverified | Pending

/** Everything holds except what only a store can answer. */
export type Pending = {
  readonly verdict: 'pending'
  readonly proven: Proven
  /** In this order; a later one is not spent when an earlier one was. */
  readonly spends: readonly Spend[]
}

/** What a store said of one spend. */
export type SpendAnswer = 'fresh' | 'spent' | 'forgotten' | 'unavailable' | 'full' | 'limit'

/** One frozen refusal a code, made at load: refusing an attacker allocates nothing. */
const REFUSALS = Object.freeze(
  Object.fromEntries(Object.entries(CODES).map(([code, { fault }]) => [code, Object.freeze({ verdict: 'deny', code, fault })])),
) as Readonly<Record<Code, Deny>>

export const refuse = (code: Code): Deny => REFUSALS[code]
