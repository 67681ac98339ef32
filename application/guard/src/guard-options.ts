import type { JsonWebKeyInput, KeyObject } from 'node:crypto'
import type { BindingMechanism, SliceIssuer, SliceTerminator } from '@everyhop/chain'
import type { ProfileName } from '@everyhop/proof'
import type { ReplayStore, VerifierOptions } from '@everyhop/verifier'

/** Either a signed slice, as `everyhop compile` wrote it, or what a team without a manifest says itself; never both. */
export type GuardOptions = Surroundings & ((Signed & None<Declared>) | (Declared & None<Signed>))

type None<Of> = { readonly [Member in keyof Of]?: never }

export type Surroundings = Omit<VerifierOptions, 'slice' | 'replay' | 'observes'> & {
  /** What was spent is remembered here, by all instances of the application together. */
  readonly replay: ReplayStore
  /**
   * Whether the guard answers for the metadata of the resource (RFC 9728) and names it in challenges. Default: where it is set up by options.
   * Say false where it is mounted below a path, so that the well-known one does not come by here.
   */
  readonly resourceMetadata?: boolean
  /** Most that is read of a request whose content is covered; default 1 MiB, above it 413. */
  readonly maxContentBytes?: number
}

export type Signed = {
  /** This application's slice, as `everyhop compile` wrote it. */
  readonly slice: string
  /** Public key that slices are signed with: a JWK or a KeyObject. It is set up once and never comes with the slice. */
  readonly sliceKey: KeyObject | Jwk
}

/** Has another name in each version of Node's types, and this way one in all. */
export type Jwk = JsonWebKeyInput['key']

export type Declared = {
  /** URL under which clients call this application, with the path that a proxy cuts off; several where it has several. Never taken from `Host`. */
  readonly base: string | readonly string[]
  /** Whose tokens count: the issuer's URL, or what is special about each. */
  readonly issuer: string | readonly DeclaredIssuer[]
  /** One of these must stand in the token's `aud`. */
  readonly audience: string | readonly string[]
  /** The first that matches decides; a path of none is refused. Default: every path, for any client, with DPoP. */
  readonly routes?: readonly DeclaredRoute[]
  /** Times and algorithms together: `fapi2` is FAPI 2.0, `mcp` the Model Context Protocol. Default `default`. */
  readonly profile?: ProfileName
  /** Whether proofs must carry a nonce of ours; default that of the profile, `off`. */
  readonly nonce?: 'off' | 'required'
  /** Most seconds between `iat` and `exp` of a token; default that of the profile: 600, for `mcp` 3,600. */
  readonly maxTokenLifetime?: number
  /** Seconds for which a proof counts; default that of the profile: 60, for `mcp` 300. */
  readonly maxProofAge?: number
  /** Proxies that end the clients' TLS, where they convey client certificates. */
  readonly terminators?: readonly SliceTerminator[]
  /** Names this application in refusals and receipts, and its proofs in the replay store: the same in all instances. Default `application`. */
  readonly name?: string
}

/** By default: the algorithms of the profile, RS256 never among them; `typ` `at+jwt`; keys through the issuer's metadata. */
export type DeclaredIssuer = Pick<SliceIssuer, 'url'> & Partial<SliceIssuer>

export type DeclaredRoute = {
  /** `*` stands for one segment, `**` at the end for the rest. */
  readonly path: string
  /** OAuth `client_id`s; default `any`. */
  readonly clients?: readonly string[] | 'any'
  /** Default `['dpop']`. */
  readonly bindings?: readonly BindingMechanism[]
  /** Default: the application's. */
  readonly audience?: readonly string[]
  /** `covered`: the request's `Content-Digest` must be that of its content. Default `uncovered`. */
  readonly body?: 'covered' | 'uncovered'
  /** Date, or UTC time, until which refusals on this route are only recorded: `2026-12-31`, `2026-12-31T12:00Z`. At most 90 days from the start. */
  readonly observeUntil?: string
}
