/**
 * What was seen of one request. Strings as received, every occurrence of a field counted:
 * take them from `rawHeaders` or `headersDistinct`, never from a merged header map.
 */
export type Evidence = {
  /** Epoch seconds of receipt, from the caller's clock. */
  readonly now: number
  readonly method: string
  /** The request target as received, in origin form: path and query, nothing decoded. */
  readonly target: string
  readonly authorization: readonly string[]
  readonly dpop: readonly string[]
  /** DER of the client's certificate, from this process's own TLS socket or an authenticated local channel. */
  readonly certificate?: Uint8Array
  /** Address of the peer, for waivers with a network restriction. Never from a forwarded field. */
  readonly peer?: string
  /** True where the request came in TLS early data, or a hop before says so (RFC 8470). */
  readonly earlyData: boolean
  /** True where any security field came in the trailers. */
  readonly trailers: boolean
  /** base64 SHA-256 of the content, where the caller computed it; needed only on routes whose body is covered. */
  readonly contentSha256?: string
  /** Fields that only a hop may set. */
  readonly hop: HopFields
}

/** Every occurrence of the fields with which a hop attests. */
export type HopFields = {
  readonly everyhopHop: readonly string[]
  readonly signature: readonly string[]
  readonly signatureInput: readonly string[]
  readonly clientCert: readonly string[]
  readonly contentDigest: readonly string[]
  /** Names (lower case, as received) of aliases of certificate or identity fields that are present: `client_cert`, `x-ssl-client-cert`. */
  readonly aliases: readonly string[]
}
