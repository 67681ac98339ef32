import type { ControlId, Layer } from '@everyhop/chain'
import type { Code } from '@everyhop/proof' // names only: the prober borrows no logic

export type Field = readonly [name: string, value: string]

/** Where a request enters: at the edge as clients do, straight at a hop's own listener, or where the clients of another route enter. */
export type Ingress = { readonly at: 'edge' } | { readonly at: 'direct'; readonly hop: string } | { readonly at: 'base'; readonly hop: string }

/** One HTTP request, exactly as it goes on the wire. Each string in a list becomes one field. */
export type Exchange = {
  readonly method: string
  /** Request target as sent. The runner adds its challenge to the query of what `honest` gives. */
  readonly target: string
  readonly authorization: readonly string[]
  readonly dpop: readonly string[]
  /** All other fields, verbatim and in order. */
  readonly fields: readonly Field[]
  readonly trailers?: readonly Field[]
  readonly body?: string
  /** Version of HTTP; 1.1 by default. */
  readonly version?: '1.0' | '2'
  /** Server name of the TLS handshake in place of the right one; empty for none. */
  readonly serverName?: string
  /** Which client certificate the TLS connection shows. */
  readonly certificate: 'none' | 'own' | 'other'
  readonly to: Ingress
  /** Address of this machine that the connection comes from, where the target is on loopback; the system chooses by default. */
  readonly from?: string
}

export type Claims = Readonly<Record<string, unknown>>

/** Makes a compact JWS of a proof for the exchange; the given members replace or (undefined) remove the honest ones. */
export type Signer = (exchange: Exchange, claims?: Claims, header?: Claims) => string

/** A token and what the attacker knows of it. `value` never reaches a report. */
export type Token = { readonly value: string; readonly claims: Claims; readonly header: Claims; readonly type: string }

/** What an attacker may hold. Nothing here talks to the network. */
export type Kit = {
  /** The victim's own key: for attacks where the client misbehaves or leaks proofs made in advance. */
  readonly owner: Signer
  /** A well-formed key that the token is not bound to. */
  readonly thief: Signer
  /** The token in the honest exchange. */
  readonly token: Token
  /** Another live token of the victim, bound to the same key. */
  readonly otherToken: Token
  /** A live token of the thief, a client of ours that the chain also knows; bound to the thief's key. */
  readonly thiefToken: Token
  /** A token of the same shape, signed by a key that is not the issuer's. */
  readonly forgeToken: (claims?: Claims, header?: Claims) => string
  /** Compact JWS over anything with the thief's or victim's key: for odd algorithms and spellings. */
  readonly sign: (who: 'owner' | 'thief', header: Claims, claims: Claims) => string
  /** Public JWKs of victim and thief. */
  readonly jwk: (who: 'owner' | 'thief') => Claims
  /** DER of the victim's certificate as an RFC 9440 byte sequence, and as PEM; undefined where the runner has none. */
  readonly victimCertificate?: { readonly rfc9440: string; readonly pem: string }
  /** Attests as the hops before the application, where the runner file holds test credentials of all of them. RFC 9421. */
  readonly attest?: (exchange: Exchange, options?: AttestOptions) => Exchange
  /** The hop that exchanges the client's token, where one does. */
  readonly exchanger?: {
    readonly hop: string
    /** The URL under which the hop behind it is called: what its proofs are for, and the audience of its tokens. */
    readonly inner: string
    /** The test key with which the prober plays it, where the runner file holds one. */
    readonly key?: { readonly jkt: string; readonly sign: Signer }
  }
  /** External base of the edge, without a trailing slash. */
  readonly base: string
  /** The hop that answers the canary resource. */
  readonly application: string
  /** The hop that hands requests to it; undefined where clients call the application directly. */
  readonly neighbour?: string
  /** All the hops before it, from the client inwards. */
  readonly path: readonly string[]
  /** Epoch seconds. */
  readonly now: number
  /** 128 random bits, base64url. */
  readonly random: () => string
}

/** How an impersonated hop departs from an honest attestation. */
export type AttestOptions = {
  /** Sign with a key that is not registered, under the hop's label. */
  readonly foreignKey?: 'under the key id of the hop' | 'under its own key id'
  /** Sign with the key of this other hop. */
  readonly signsAs?: string
  /** The hops to play instead of those of the way. */
  readonly path?: readonly string[]
  /** Sign the signature that the request came with, the hop's before or the client's (label `client`), instead of what it covers. */
  readonly coversSignature?: boolean
  readonly createdOffset?: number
  readonly expiresOffset?: number
  readonly nonce?: string
  readonly tag?: string
  /** Components to leave out of the signatures: `dpop`, `@path`. */
  readonly omit?: readonly string[]
  readonly authority?: string
  /** External target to attest instead of the real one. */
  readonly target?: string
  readonly method?: string
  readonly jkt?: string
  readonly alg?: string
}

/** What came back. */
export type Answer = {
  readonly status: number
  readonly fields: readonly Field[]
  /** The canary's marker verified, or (without a canary of ours) the answer matches the honest fingerprint. */
  readonly accepted: boolean
  /** Who the application believes is calling, as the canary says. */
  readonly who?: string
  /** What our own parts say in a refusal: its code, and the hop that refuses. */
  readonly code?: string
  readonly hop?: string
  /** No answer could be had: refused connection, reset, timeout; or the entry does not speak that version of HTTP. */
  readonly failed?: 'unreachable' | 'reset' | 'timeout' | 'unsupported'
}

/** What a request must meet for the attack to have failed. */
export type Expectation =
  /** The last exchange must be refused. */
  | 'refused'
  /** Accepting is fine, but as the honest caller only: a forged field must change nothing. */
  | 'no-effect'
  /** An equivalent spelling that must be accepted; refusing it is an interoperability finding. */
  | 'accepted'
  /** Of all copies sent in parallel exactly one may be accepted. */
  | 'once'

type Common = {
  /** As in the catalogue: `KEY-01`; `KEY-01a`, `KEY-01b` where one row holds several tests. */
  readonly id: string
  /** What went wrong if this succeeds, as a sentence a product owner understands. */
  readonly title: string
  readonly control: ControlId
  /** Layer that must act when it succeeds and nothing else is known. */
  readonly layer: Layer
  readonly spec: readonly string[]
  /** P1 safe in production, P2 with a canary client, P3 staging only. */
  readonly prod: 'P1' | 'P2' | 'P3'
  /** What the chain or the runner must have for it to apply; else `not-applicable`, with that reason. */
  readonly needs: readonly Need[]
}

export type Need =
  | 'dpop'
  | 'mtls'
  | 'edge'
  | 'direct-ingress'
  | 'attested'
  | 'hop-credential'
  | 'two-hops'
  | 'kept-proof'
  | 'covered'
  | 'rebound'
  | 'exchange'
  | 'victim-certificate'
  | 'replay-authority'
  | 'revocation'
  | 'bearer-client'
  | 'bearer-token'
  | 'expired-waiver'
  | 'unwaived-route'
  | 'nonce'
  | 'witness'
  | 'issuer'
  | 'second-client'

export type ForgeAttack = Common & {
  readonly kind: 'forge'
  readonly expect: Expectation
  /** Codes that our own engine may answer with; the first is the usual one. Empty where `expect` is not `refused`. */
  readonly refusedAs: readonly Code[]
  /** Whether it is the server that must refuse it, before any verifier sees it: by a status of its own, or by closing the connection. */
  readonly refusedBy?: 'server'
  /** Turns an honest exchange into the hostile requests, sent in order; the last is judged. Pure. */
  readonly forge: (honest: Exchange, kit: Kit) => readonly Exchange[]
  /** Field names (lower case) that must not reach the application as sent, where a witness can tell. */
  readonly mustNotArrive?: readonly string[]
}

/** For the few that need an answer before the next step. Each says in a comment why `forge` is not enough. */
export type ScriptedAttack = Common & {
  readonly kind: 'scripted'
  readonly run: (lab: Lab) => Promise<Observation>
}

export type Attack = ForgeAttack | ScriptedAttack

/** What a scripted attack concluded; the runner wraps it in honest requests and attributes it. */
export type Observation = {
  readonly outcome: 'breached' | 'held' | 'masked' | 'inconclusive' | 'not-applicable'
  /** A sentence; never a token, proof, key or secret. */
  readonly reason: string
  /** Whose act it was, where the script knows: the issuer, or a hop. */
  readonly place?: string
  /** Other hops that did the same. */
  readonly alsoAt?: readonly string[]
  /** Whether it is about other routes than the probe's own, none of them observed. */
  readonly isElsewhere?: true
}

export type TokenRequest = {
  readonly client?: string
  /** Which key signs the DPoP proof of the token request; `none` sends no proof. */
  readonly proof?: 'owner' | 'thief' | 'none' | Signer
  readonly resource?: string
  readonly fields?: readonly Field[]
  readonly form?: Readonly<Record<string, string>>
}

/** How an exchange of tokens departs from an honest one by the hop that the prober plays. */
export type ExchangeRequest = {
  /** The thief asks, as the client that it is, instead of the hop. */
  readonly as?: 'hop' | 'thief'
  /** A token instead of that of an honest request. */
  readonly subject?: string
  /** Members that replace or (undefined) remove the honest ones in what is said of the client's request. */
  readonly evidence?: Claims
  readonly form?: Readonly<Record<string, string>>
}

export type IssuerAnswer = { readonly status: number; readonly error?: string; readonly token?: Token; readonly fields: readonly Field[] }

/** One alert: which waiver was used, with which token. Receipts have both. */
export type Alert = { readonly waiver?: string; readonly tokenId?: string }

/** What a scripted attack may use. Every call counts against the run's budget. */
export type Lab = {
  readonly kit: Kit
  readonly honest: () => Exchange
  readonly send: (exchange: Exchange) => Promise<Answer>
  readonly token: (request?: TokenRequest) => Promise<IssuerAnswer>
  /** A token that is exchanged for the one of an honest request, as a hop of the chain asks (RFC 8693). */
  readonly exchange: (request?: ExchangeRequest) => Promise<IssuerAnswer>
  /** RFC 7009, as the canary client. Resolves true when the issuer acknowledged. */
  readonly revoke: (token: Token) => Promise<boolean>
  /** The same, as the named client: a stranger to the token, perhaps. */
  readonly revokeAs: (client: string, token: Token) => Promise<boolean>
  readonly metadata: () => Promise<Claims>
  /** What the issuer says of a token when the canary client asks (RFC 7662); undefined where it may not ask. */
  readonly introspect: (token: Token) => Promise<Claims | undefined>
  /** A token that the client of that name was given before this run. */
  readonly earlierToken: (client: string) => Token | undefined
  /** What the alert channel of a waiver tells; undefined where it does not answer. */
  readonly alerts: (channel: string) => Promise<readonly Alert[] | undefined>
  /** Another address of this machine to send from; undefined where the entry is not on loopback, which hears no such address. */
  readonly otherAddress?: string
  /** What a hop's witness says of the last exchange: how often each field arrived, and whether with the value sent. */
  readonly seen: (hop: string, exchange: Exchange) => Promise<Sighting | undefined>
  /** Resolves after so many milliseconds of the runner's clock. */
  readonly wait: (ms: number) => Promise<void>
  /** Facts of the chain under test. */
  readonly chain: import('@everyhop/chain').Chain
}

export type Sighting = {
  readonly arrived: boolean
  readonly count: (name: string) => number
  /** True where every value of the field arrived exactly as sent. */
  readonly intact: (name: string) => boolean
  /** Whether the method and the path arrived exactly as sent; undefined where a hop of the way may rewrite the path. */
  readonly isAsAsked?: boolean
}

/** Gives the definition its type and freezes it. */
export const attack = <A extends Attack>(definition: A): A => Object.freeze(definition)
