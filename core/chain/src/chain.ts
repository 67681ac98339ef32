import type { SliceTerminator } from './slice.js'

/** The compiled chain: what `everyhop.yaml` says, with every default filled in and every name resolved. */

export type Layer = 'identity' | 'platform' | 'application' | 'security' | 'governance'
export type TeamId = string
export type HopId = string

export type Team = {
  readonly id: TeamId
  readonly layer: Layer
  readonly contact: string
  readonly at: Position
}

/** Where something stands in the manifest; reports anchor on it. Lines and columns count from 1. */
export type Position = { readonly file: string; readonly line: number; readonly column: number }

export type ProofAlg = 'ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'PS256' | 'PS384' | 'PS512'
/** RS256 for issuers that know nothing better, and for no proof. */
export type TokenAlg = ProofAlg | 'RS256'
export type BindingMechanism = 'dpop' | 'mtls'

export type Issuer = {
  /** Issuer identifier, compared as a string (RFC 9068 §4). */
  readonly url: string
  readonly owner: TeamId
  readonly tokens: {
    readonly algs: readonly TokenAlg[]
    /** Without `application/`, lower case. */
    readonly typ: readonly string[]
  }
  /** Where keys are, if not found by RFC 8414 metadata. */
  readonly jwksUri?: string
  /** Revocation feed; absent for an issuer without one. */
  readonly revocations?: string
  /** Where opaque tokens are asked about (RFC 7662). Its credentials are never here. */
  readonly introspection?: string
  /** Which of its tokens are asked about there: those of which nothing can be read, or the ones that verify as well. */
  readonly introspects?: readonly ('opaque' | 'jwt')[]
  /** The claim that names the grant, for revocation by grant. */
  readonly grantClaim?: string
  /** Whether `cnf` may have members that are not understood beside one that is proven (RFC 7800 §3.1). */
  readonly extraConfirmation: boolean
  readonly at: Position
}

export type HopKind = 'nginx' | 'haproxy' | 'caddy' | 'apache' | 'traefik' | 'envoy' | 'proxy' | 'guard' | 'application' | 'sidecar' | 'mesh' | 'other'

/** How a hop keeps the proof for the next. */
export type ForwardMode = 'passthrough' | 'attested' | 'rebound' | 'gateway-only'

/** A public key as a JWK (RFC 7517), P-256 or Ed25519. */
export type PublicJwk = { readonly kty: string; readonly crv: string; readonly x: string; readonly y?: string }

export type Hop = {
  readonly id: HopId
  readonly kind: HopKind
  readonly owner: TeamId
  /** External bases that clients call; only on hops where clients enter. */
  readonly bases: readonly string[]
  /** Where the prober may try to reach this hop directly. */
  readonly ingress?: string
  /** The authority under which the hop before sends requests here (`orders.internal:8080`). */
  readonly authority: string
  /** Where the hop before rebinds: the URL that it calls, and the audience of its tokens. */
  readonly innerBase?: string
  /** Absent on a hop that answers itself. */
  readonly forward?: ForwardMode
  readonly replayAuthority: boolean
  /** Registered attestation keys; more than one during a rotation. */
  readonly keys: readonly PublicJwk[]
  /** Listener of a witness, for the prober. */
  readonly witness?: string
  /** A rewrite of the external path, prefix for prefix; absent where the path stays. */
  readonly rewrite?: { readonly from: string; readonly to: string }
  /** How it conveys the client's certificate to the next hop, which knows it by its own: it ends the client's TLS. */
  readonly conveys?: SliceTerminator
  /** Id of the waiver under which this hop checks alone (`gateway-only`). */
  readonly waiver?: string
  readonly at: Position
}

export type BindingPolicy = {
  readonly binding: readonly BindingMechanism[]
  readonly proofAlgs: readonly ProofAlg[]
  /** Seconds. */
  readonly tokenLifetime: number
  readonly proofAge: number
  /** How far in the future a proof may be dated. */
  readonly proofEarly: number
  readonly skew: number
  readonly attestationAge: number
  readonly nonce: 'off' | 'required'
}

export type ClientKind = 'service' | 'partner' | 'ci' | 'agent' | 'person'

export type Client = {
  readonly id: string
  /** OAuth `client_id`; the key in the manifest unless said otherwise. */
  readonly clientId: string
  readonly kind: ClientKind
  readonly owner: TeamId
  readonly binding: readonly BindingMechanism[]
  /** Id of the waiver under which it may use bearer tokens. */
  readonly waiver?: string
  /** The name in `issuers` of the one that it is registered at; absent for the chain's own. */
  readonly issuer?: string
  readonly at: Position
}

/** AL0 bearer, waiver only; AL1 bound; AL2 bound, replay authority, whole path attested or end to end; AL3 as AL2 with a key that cannot be exported. */
export type AssuranceLevel = 'AL0' | 'AL1' | 'AL2' | 'AL3'

export type Route = {
  /** `/orders/**`: literal segments, `*` for one, `**` at the end for the rest. */
  readonly pattern: string
  /** The hop that answers. */
  readonly application: HopId
  /** Allowed paths of hops from the client to the application, without the application itself. */
  readonly via: readonly (readonly HopId[])[]
  readonly clients: readonly string[]
  /** Whether undeclared clients of the issuer may use it besides. */
  readonly anyClient?: true
  readonly level: AssuranceLevel
  readonly audience: readonly string[]
  readonly body: 'covered' | 'uncovered'
  /** How the application gets the proof: the mode of the last hop before it. */
  readonly mode: 'direct' | ForwardMode
  /** Epoch seconds until which the application only records what it refuses on it, and lets it pass. */
  readonly observeUntil?: number
  readonly at: Position
}

export type CompensatingControls = {
  /** Seconds: the ceiling on the lifetime of the token. */
  readonly tokenLifetime?: number
  /** Where alerts about this client go, and how the alert is tested. */
  readonly monitoring?: { readonly channel: string; readonly tested?: string }
  readonly allowlist: readonly string[]
  /** CIDR blocks. */
  readonly networks: readonly string[]
}

export type Waiver = {
  readonly id: string
  readonly control: ControlId
  readonly clients: readonly string[]
  readonly routes: readonly string[]
  readonly audiences: readonly string[]
  readonly reason: string
  readonly requestedBy: string
  readonly approvers: readonly Approval[]
  /** Epoch seconds, inclusive and exclusive. */
  readonly start: number
  readonly end: number
  readonly compensating: CompensatingControls
  readonly at: Position
}

export type Approval = { readonly by: string; readonly team: TeamId }

/** `POP-AP-01` and so on. */
export type ControlId = `POP-${'ID' | 'PL' | 'AP' | 'SE' | 'GV' | 'AG'}-${string}`

/** Who answers for a control where the layers' rule does not say, or says otherwise. */
export type AccountableOverride = { readonly control: ControlId; readonly place?: string; readonly team: TeamId; readonly at: Position }

export type ProbeSettings = {
  readonly clients: readonly string[]
  /** Path of the canary resource. */
  readonly resource: string
  /** The strongest class that may run here: production allows P1 unless canaries are named. */
  readonly class: 'P1' | 'P2' | 'P3'
}

export type Chain = {
  readonly version: 1
  readonly name: string
  /** `default` where the manifest has no environments. */
  readonly environment: string
  readonly production: boolean
  /** base64url SHA-256 of the compiled chain in canonical JSON, without positions. */
  readonly digest: string
  readonly teams: ReadonlyMap<TeamId, Team>
  /** The chain's own issuer: that of the canaries. */
  readonly issuer: Issuer
  /** Further issuers whose tokens are accepted, by name; each speaks for its own clients only. */
  readonly issuers: ReadonlyMap<string, Issuer>
  readonly hops: ReadonlyMap<HopId, Hop>
  readonly policy: BindingPolicy
  readonly clients: ReadonlyMap<string, Client>
  readonly routes: readonly Route[]
  readonly waivers: ReadonlyMap<string, Waiver>
  readonly accountable: readonly AccountableOverride[]
  /** Team that owns the network, for POP-PL-04. */
  readonly network?: TeamId
  readonly probe?: ProbeSettings
}
