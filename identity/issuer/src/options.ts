import type { JsonWebKey } from 'node:crypto'
import type { Server } from 'node:http'
import type { Server as TlsServer } from 'node:https'
import type { BindingMechanism, Chain } from '@everyhop/chain'
import type { SharedRevocations } from './keep-revocations.js'

/** How a client of the chain authenticates. Public material only. */
export type Registration = {
  /** OAuth `client_id`; a client of the chain must have it. */
  readonly clientId: string
  /** Scopes that it may ask for; none by default. */
  readonly scopes?: readonly string[]
  /** What it may revoke: its own tokens, one or all (default), or other clients and keys too. */
  readonly revokes?: 'own' | 'all'
  /** Names the grant that its tokens come from, such as a contract or a consent: it is in the claim that `grantClaim` of the chain's issuer names. */
  readonly grant?: string
} & (
  | { /** `private_key_jwt`: public keys, P-256 or Ed25519. */ readonly jwks: { readonly keys: readonly JsonWebKey[] } }
  | { /** `self_signed_tls_client_auth`: the PEM certificate itself is registered. */ readonly certificate: string }
  | { /** `tls_client_auth`: subject in RFC 4514 form, of a certificate that the listener's `ca` has issued. */ readonly subject: string }
)

export type TlsOptions = {
  readonly key: string
  readonly cert: string
  /** Issues client certificates, and nobody else's: whoever it certifies under a registered subject is that client. */
  readonly ca?: string
}

/** The record of one issuance, made before the token is signed. It holds neither the token nor a proof. */
export type Issuance = {
  /** Epoch seconds. */
  readonly time: number
  readonly chain: string
  readonly client: string
  readonly audience: string
  readonly binding: readonly BindingMechanism[]
  /** Seconds. */
  readonly lifetime: number
  /** base64url SHA-256 of the token's `jti`, as in receipts and in the revocation feed. */
  readonly token: string
  /** The waiver under which it is unbound. */
  readonly waiver?: string
  /** The hop that exchanged the client's token for it. */
  readonly actor?: string
}

/** Takes the record of each token. If it throws, that token is not issued: no exception goes unrecorded. */
export interface IssuanceSink {
  append(issuance: Issuance): void
}

export type IssuerOptions = {
  readonly chain: Chain
  readonly clients: readonly Registration[]
  /**
   * Key set in the order of preference: the first private key for the preferred algorithm of the chain signs; the public half of every
   * key is published. Without it, keys are made that end with the process.
   */
  readonly keys?: readonly JsonWebKey[]
  /** `127.0.0.1` by default. */
  readonly host?: string
  /** That of the issuer's URL by default; 0 lets the system choose. */
  readonly port?: number
  /** Serves https itself, and asks clients for certificates. */
  readonly tls?: TlsOptions
  /** A server that the caller made instead, listening or not; `close()` closes it. For certificates it must have `requestCert`. */
  readonly server?: Server | TlsServer
  /** 32 bytes. With it, every proof must carry a nonce of this server; without it, none may. */
  readonly nonceSecret?: Uint8Array
  readonly sink?: IssuanceSink
  /** Keeps revocations beyond this process, and shares them with verifiers that read it. Without it they are told by the feed alone, and end with the process. */
  readonly revocations?: SharedRevocations
  /** Told of failures of the issuer itself; nothing that a client sent is in them. Written to stderr by default. */
  readonly onFault?: (fault: string) => void
}
