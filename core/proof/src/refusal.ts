import { CODES, type Code, type CodeInfo } from './codes.js'
import type { Deny } from './decision.js'

/** An HTTP answer that refuses: made in one place, so that every hop says the same. */
export type Refusal = {
  readonly status: number
  readonly fields: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

export type RefusalContext = {
  /** The refusing hop's id; it tells whose refusal it is when one hop passes on another's. */
  readonly hop: string
  /** Proof algorithms, for the `algs` of the challenge. */
  readonly algs: readonly string[]
  /** Schemes under which this resource accepts tokens at all. */
  readonly schemes: readonly ('DPoP' | 'Bearer')[]
  /** A nonce for the client's next proof. RFC 9449 §9. */
  readonly nonce?: string
  /** URL of this resource's metadata, named in challenges. RFC 9728 §5.1. */
  readonly resourceMetadata?: string
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  413: 'Content Too Large',
  425: 'Too Early',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

/** Codes whose status HTTP itself names, whoever refuses. */
const STATUS_OF: { readonly [code in Code]?: number } = { 'request.early-data': 425, 'request.content-too-large': 413, 'replay.limit': 429 }

/**
 * The status of a refusal. A resource server: RFC 9449 §7.1 and §7.2, RFC 6750 §3.1, RFC 8470 §5.2.
 * An issuer, at its token endpoint, knows 400 for whatever a client did wrong: RFC 9449 §5, RFC 6749 §5.2.
 */
export function statusOf(code: Code, role: 'resource' | 'issuer' = 'resource'): number {
  const { fault, error }: CodeInfo = CODES[code]
  // What a new token mends is told to the client as such, whoever is at fault.
  const status = STATUS_OF[code] ?? (fault === 'verifier' && error === null ? 503 : undefined)
  if (status !== undefined) return status
  if (role === 'issuer') return 400
  if (code === 'request.uncredentialed' || code === 'request.scheme') return 401
  if (error === 'invalid_request') return 400
  return error === null ? 403 : 401
}

/** The answer of a resource server. Nothing that the request said is quoted. */
export function refusalOf(deny: Deny, context: RefusalContext): Refusal {
  const status = statusOf(deny.code)
  const challenges = status === 401 || status === 400 ? challengesOf(deny.code, context) : []
  return {
    status,
    fields: [
      ...challenges.map((value) => ['WWW-Authenticate', value] as const),
      ...sharedFields(status, context.nonce),
      ['Content-Type', 'application/problem+json'],
    ],
    body: JSON.stringify({
      type: 'about:blank',
      title: REASONS[status],
      status,
      code: deny.code,
      detail: CODES[deny.code].title,
      hop: context.hop,
    }),
  }
}

/** The answer of an issuer's token endpoint: RFC 6749 §5.2. A token that a client brings there is part of its request (RFC 8693 §2.2.2). */
export function issuerRefusalOf({ code }: Deny, nonce?: string): Refusal {
  const status = statusOf(code, 'issuer')
  const { error, title }: CodeInfo = CODES[code]
  const isOfProof = error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
  return {
    status,
    fields: [...sharedFields(status, nonce), ['Content-Type', 'application/json']],
    body: JSON.stringify({ error: isOfProof ? error : status === 503 ? 'temporarily_unavailable' : 'invalid_request', error_description: title }),
  }
}

/** A script may read what it needs to make the next proof: RFC 9449 §9. Without an allowed origin this says nothing to anybody. */
const EXPOSED = ['Access-Control-Expose-Headers', 'WWW-Authenticate, DPoP-Nonce, Retry-After'] as const

function sharedFields(status: number, nonce: string | undefined): Refusal['fields'] {
  return [
    ...(nonce === undefined ? [] : [['DPoP-Nonce', nonce] as const]),
    ...(status === 503 || status === 429 ? [['Retry-After', '1'] as const] : []),
    EXPOSED,
    ['Cache-Control', 'no-store'],
  ]
}

/** A proof's error stands on the DPoP challenge alone; a token's on each, since either scheme may have been meant. */
function challengesOf(code: Code, { algs, schemes, resourceMetadata }: RefusalContext): readonly string[] {
  const { error }: CodeInfo = CODES[code]
  const isOfProof = error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
  return schemes.map((scheme) => {
    const attributes = [
      ...(error !== null && (scheme === 'DPoP' || !isOfProof) ? [`error="${error}"`] : []),
      ...(scheme === 'DPoP' ? [`algs="${algs.join(' ')}"`] : []),
      ...(resourceMetadata === undefined ? [] : [`resource_metadata="${resourceMetadata}"`]),
    ]
    return attributes.length === 0 ? scheme : `${scheme} ${attributes.join(', ')}`
  })
}
