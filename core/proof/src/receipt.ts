import type { Code, Fault } from './codes.js'
import type { Binding } from './decision.js'

/** The record of one decision. Never a token, proof or key; identifiers are whole, since an investigation needs them. */
export type Receipt = {
  readonly schema: 'everyhop.receipt/1'
  /** Epoch seconds. */
  readonly time: number
  readonly chain: string
  readonly environment: string
  readonly hop: string
  /** Digest of the slice in force, base64url SHA-256. */
  readonly slice: string
  readonly decision: 'allow' | 'deny'
  readonly code?: Code
  readonly fault?: Fault
  readonly route?: string
  readonly client?: string
  readonly binding?: Binding
  /** Key or certificate thumbprint. */
  readonly thumbprint?: string
  /** Hash of the token's `jti`. */
  readonly tokenId?: string
  readonly path?: readonly string[]
  readonly waiver?: string
  /** The refusal was only recorded: the request went on with nothing proven, on a route that is observed while it is rolled out. */
  readonly observed?: true
  /** Seconds that the decision took, questions to stores and issuers included. */
  readonly seconds?: number
}

/** Where receipts go. `append` returns at once, never throws, and counts what it drops. */
export interface Sink {
  append(receipt: Receipt): void
}
