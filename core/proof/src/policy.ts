import type { KeyObject } from 'node:crypto'
import type { Code } from './codes.js'
import type { Token } from './read-token.js'
import type { Target } from './target.js'
import type { Thumbprint } from './thumbprint.js'

/** RFC 9449 §4.3-5: asymmetric. `Ed25519` is the fully specified name (RFC 9864) of what `EdDSA` means here. */
export type ProofAlg = 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519' | 'PS256' | 'PS384' | 'PS512'
/** RS256 for issuers that know nothing better, and for no proof. */
export type TokenAlg = ProofAlg | 'RS256'

/** What an access token of one issuer looks like. */
export type IssuerPolicy = {
  readonly issuer: string
  readonly algs: ReadonlySet<TokenAlg>
  /** Accepted `typ` values, lower case, without `application/`. RFC 9068 §2.1: `at+jwt`. */
  readonly typs: ReadonlySet<string>
  /** Seconds between `iat` and `exp` that a bound token may have. */
  readonly maxLifetime: number
  /** Whether `cnf` may have members that are not understood beside one that is proven. RFC 7800 §3.1. */
  readonly extraConfirmation: boolean
  /** The claim that names the grant (`sid`, `grant_id`), where the issuer gives one. */
  readonly grantClaim?: string
  /** Client ids that it speaks for; absent where it may speak for all that a route allows. */
  readonly clients?: Pick<ReadonlySet<string>, 'has'>
}

/** A hop whose attestation is accepted, with its registered keys by RFC 7638 thumbprint. */
export type HopKeys = { readonly hop: string; readonly keys: ReadonlyMap<string, KeyObject> }

export type RoutePolicy = {
  /** As declared, for receipts: `/orders/**`. */
  readonly pattern: string
  /** Given the canonical external path. */
  readonly matches: (path: string) => boolean
  /** Given an external path as `loosely` writes it: whether a careless server might take it for one of this route. */
  readonly resembles?: (path: string) => boolean
  /** Client ids (OAuth `client_id`) that may use the route. */
  readonly clients: Pick<ReadonlySet<string>, 'has'>
  readonly bindings: ReadonlySet<'dpop' | 'mtls'>
  /** One of these must stand in the token's `aud`. */
  readonly audiences: ReadonlySet<string>
  /** Allowed paths of hops before this one, from the client inwards. `[[]]`: clients come here directly. */
  readonly via: readonly (readonly string[])[]
  /** Hops that may have exchanged the token last; absent where none does. */
  readonly actors?: ReadonlySet<string>
  /** How the hops before keep the proof; `attested` refuses what comes unattested. */
  readonly mode: 'direct' | 'passthrough' | 'attested'
  /** Turns the path received here into the external path; absent where no hop before rewrites. */
  readonly external?: (path: string) => string | undefined
  /** Whether the content must be covered by the proof chain. */
  readonly body: 'covered' | 'uncovered'
}

/** One bearer exception, as far as the engine needs it. */
export type WaiverPolicy = {
  readonly id: string
  readonly client: string
  /** Epoch seconds, inclusive start and exclusive end. */
  readonly from: number
  readonly until: number
  /** Route patterns or audiences it names; one of them must apply. */
  readonly routes: ReadonlySet<string>
  readonly audiences: ReadonlySet<string>
  readonly maxLifetime: number
  /** CIDR blocks; absent where the waiver has no network restriction. */
  readonly networks?: { readonly has: (address: string) => boolean }
}

/** Everything that decides, compiled and frozen at start-up. */
export type Policy = {
  /** This hop's id: part of every spend id, so that two hops never share one. */
  readonly hop: string
  readonly issuers: ReadonlyMap<string, IssuerPolicy>
  /** External bases, canonical. Which one applies is never chosen by `Host`. */
  readonly bases: readonly Target[]
  readonly routes: readonly RoutePolicy[]
  readonly proofAlgs: ReadonlySet<ProofAlg>
  /** Seconds. */
  readonly maxAge: number
  /** Seconds that a proof may come from the future. */
  readonly maxEarly: number
  /** Seconds that a token or attestation may come from the future, and a token may be past its end. */
  readonly skew: number
  /** Undefined where this hop is no nonce authority; else tells when a nonce was made, if it is one of ours and in force. Epoch seconds. */
  readonly nonce?: { readonly timeOf: (nonce: string, now: number) => number | undefined; readonly maxAge: number }
  /** Whether this hop is the replay authority of its segment. */
  readonly spends: boolean
  readonly hops: ReadonlyMap<string, HopKeys>
  /** The authority under which the hop before sends requests here; covered by the link signature. */
  readonly authority: string
  readonly waivers: readonly WaiverPolicy[]
  /** Seconds that an attestation may live; at most 60. */
  readonly maxAttestationAge: number
}

/** What the issuers tell at this moment. */
export type IssuerKeys = {
  /** Undefined where the issuer publishes no such key. */
  readonly find: (issuer: string, kid: string | undefined, alg: TokenAlg) => KeyObject | undefined
  /**
   * What the issuer said of an opaque token, by the SHA-256 of the token; undefined where it was not asked yet, or so long ago that
   * its answer counts no more. Absent where there is no issuer to ask.
   */
  readonly introspected?: (tokenHash: Thumbprint) => Token | Code | undefined
}
