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
}

const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  425: 'Too Early',
  429: 'Too Many Requests',
  503: 'Service Unavailable',
}

/** The status of a resource server's refusal: RFC 9449 §7.1 and §7.2, RFC 6750 §3.1, RFC 8470 §5.2. */
export function statusOf(code: Code): number {
  const { fault, error }: CodeInfo = CODES[code]
  if (code === 'request.early-data') return 425
  if (code === 'replay.limit') return 429
  if (code === 'request.uncredentialed' || code === 'request.scheme') return 401
  // What a new token mends is told to the client as such, whoever is at fault.
  if (fault === 'verifier' && error === null) return 503
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
      ...(context.nonce === undefined ? [] : [['DPoP-Nonce', context.nonce] as const]),
      ...(status === 503 || status === 429 ? [['Retry-After', '1'] as const] : []),
      ['Cache-Control', 'no-store'],
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

/** A proof's error stands on the DPoP challenge alone; a token's on each, since either scheme may have been meant. */
function challengesOf(code: Code, { algs, schemes }: RefusalContext): readonly string[] {
  const { error }: CodeInfo = CODES[code]
  const isOfProof = error === 'invalid_dpop_proof' || error === 'use_dpop_nonce'
  return schemes.map((scheme) => {
    const attributes = [
      ...(error !== null && (scheme === 'DPoP' || !isOfProof) ? [`error="${error}"`] : []),
      ...(scheme === 'DPoP' ? [`algs="${algs.join(' ')}"`] : []),
    ]
    return attributes.length === 0 ? scheme : `${scheme} ${attributes.join(', ')}`
  })
}
