import { ConfigError } from '@everyhop/verifier'

/** Everything that a stranger could use up, each with its end. Milliseconds and bytes. */
export type Limits = {
  /** Connections at once; more are closed at once. Default 10,000. */
  readonly maxConnections: number
  /** Requests under way at once, over all connections; more are answered 503. Default 1,024. */
  readonly maxInFlight: number
  /** Requests of one connection, which then closes. Default 1,000. */
  readonly maxRequestsPerConnection: number
  /** Streams at once of one HTTP/2 connection. Default 100. */
  readonly maxStreams: number
  /** Request line and fields. Default 64 KiB: a certificate, a token, a proof and an attestation fit. */
  readonly maxHeadBytes: number
  /** Fields of one request. Default 200. */
  readonly maxFields: number
  /** Content of one request. Default 10 MiB. */
  readonly maxBodyBytes: number
  /** Content of one request on a route that covers it, which is held until all of it was compared. Default 1 MiB. */
  readonly maxCoveredBytes: number
  /** From the first byte of a head to its end; also of a TLS handshake. Default 10,000. */
  readonly headersTimeoutMs: number
  /** From the first byte of a request to its last. Default 60,000. */
  readonly requestTimeoutMs: number
  /** A connection that says nothing, or that does not take its answer. Default 60,000. */
  readonly idleTimeoutMs: number
  /** The next hop's silence: until it accepts, and between two bytes. Default 30,000. */
  readonly upstreamTimeoutMs: number
  /** A tunnel in which nobody says anything. Default 300,000. */
  readonly tunnelTimeoutMs: number
}

const DEFAULTS: Limits = {
  maxConnections: 10_000,
  maxInFlight: 1_024,
  maxRequestsPerConnection: 1_000,
  maxStreams: 100,
  maxHeadBytes: 65_536,
  maxFields: 200,
  maxBodyBytes: 10_485_760,
  maxCoveredBytes: 1_048_576,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  idleTimeoutMs: 60_000,
  upstreamTimeoutMs: 30_000,
  tunnelTimeoutMs: 300_000,
}

export function limitsOf(given: Partial<Limits> = {}): Limits {
  const limits = { ...DEFAULTS, ...given }
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(DEFAULTS, name)) throw new ConfigError('config.limit', `there is no limit ${name}`)
    if (!(Number.isSafeInteger(value) && value > 0)) throw new ConfigError('config.limit', `${name} must be a whole number above 0`)
  }
  return limits
}
