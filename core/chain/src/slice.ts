import type { BindingMechanism, ForwardMode, HopId, HopKind, ProofAlg, PublicJwk, TokenAlg } from './chain.js'

/**
 * What one hop needs of the chain: plain JSON, signed by `everyhop compile` as a compact JWS (EdDSA, `typ` `everyhop-slice+jwt`).
 * Guard and gateway read this and no YAML.
 */
export type Slice = {
  readonly version: 1
  readonly chain: string
  readonly environment: string
  readonly production: boolean
  /** Digest of the whole chain that this was cut from. */
  readonly manifest: string
  readonly hop: HopId
  readonly kind: HopKind
  /** The authority under which the hop before calls this one. */
  readonly authority: string
  /** External bases of the entry hops whose routes lead here. */
  readonly bases: readonly string[]
  readonly replayAuthority: boolean
  readonly issuers: readonly SliceIssuer[]
  readonly proof: {
    readonly algs: readonly ProofAlg[]
    readonly maxAge: number
    readonly skew: number
    /** Seconds that a proof may come from the future; that of `skew` where it is absent. */
    readonly maxEarly?: number
    readonly attestationAge: number
    readonly nonce: 'off' | 'required'
    readonly tokenLifetime: number
  }
  readonly routes: readonly SliceRoute[]
  readonly neighbours: readonly { readonly hop: HopId; readonly keys: readonly PublicJwk[] }[]
  /** Proxies that end the clients' TLS, known here by their own certificates: what they say of a client's certificate is believed. */
  readonly terminators?: readonly SliceTerminator[]
  /** Where this hop forwards: absent on a hop that answers itself. */
  readonly next?: {
    readonly mode: ForwardMode
    /** Where each next hop is reached. */
    readonly hops: readonly {
      readonly hop: HopId
      readonly authority: string
      readonly ingress?: string
      /** Where this hop rebinds: the URL that it calls, and the audience of its tokens. */
      readonly base?: string
    }[]
    readonly rewrite?: { readonly from: string; readonly to: string }
  }
  /** This hop's own registered keys, to check that it signs with one of them. */
  readonly keys: readonly PublicJwk[]
  readonly waivers: readonly {
    readonly id: string
    /** OAuth `client_id`s. */
    readonly clients: readonly string[]
    readonly routes: readonly string[]
    readonly audiences: readonly string[]
    readonly start: number
    readonly end: number
    readonly tokenLifetime: number
    readonly networks: readonly string[]
  }[]
}

export type SliceIssuer = {
  /** The issuer identifier, compared as a string. */
  readonly url: string
  /** OAuth `client_id`s that it speaks for; absent where it may speak for all that a route allows. With several issuers one could else speak for the clients of another. */
  readonly clients?: readonly string[]
  readonly algs: readonly TokenAlg[]
  readonly typ: readonly string[]
  readonly jwksUri?: string
  readonly revocations?: string
  /** Where opaque tokens are asked about (RFC 7662). The credentials come with the options of the guard, never with the slice. */
  readonly introspection?: string
  /** Which of its tokens are asked about there: `opaque` where this is absent; with `jwt` the ones that verify too, so that a revocation is seen. */
  readonly introspects?: readonly ('opaque' | 'jwt')[]
  /** The claim that names the grant, for revocation by grant. */
  readonly grantClaim?: string
  /** Whether `cnf` may have members that are not understood beside one that is proven. */
  readonly extraConfirmation?: boolean
}

export type SliceTerminator = {
  /** base64url SHA-256 of the DER certificates with which it authenticates itself to this hop; several while one takes over from another. */
  readonly certificates: readonly string[]
  /** The one field in which it conveys the client's certificate. */
  readonly field: string
  readonly format: 'rfc9440' | 'xfcc' | 'escaped-pem' | 'folded-pem' | 'base64-der' | 'traefik'
  /** Other fields about the certificate that it sets or removes itself, so that they are no client's. */
  readonly alsoSets?: readonly string[]
}

export type SliceRoute = {
  readonly pattern: string
  /** OAuth `client_id`s; `any` means every client of a declared issuer. */
  readonly clients: readonly string[] | 'any'
  readonly bindings: readonly BindingMechanism[]
  readonly audience: readonly string[]
  /** The hops before; behind one that rebinds, those after it. */
  readonly via: readonly (readonly HopId[])[]
  /** Who may have exchanged the token last; absent where no hop rebinds. */
  readonly actors?: readonly HopId[]
  /** How the request arrives here. */
  readonly mode: 'direct' | 'passthrough' | 'attested'
  /** The next hop on this route; absent where this hop answers. */
  readonly next?: HopId
  readonly body: 'covered' | 'uncovered'
  /** Epoch seconds until which refusals here are recorded only, and the request goes on: for roll-out. */
  readonly observeUntil?: number
  /** Rewrite that the hops before applied to the external path. */
  readonly rewrite?: { readonly from: string; readonly to: string }
}
