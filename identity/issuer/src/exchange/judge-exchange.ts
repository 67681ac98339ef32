import { CODES, judge, readCompact, sha256, type IssuerKeys, type Json } from '@everyhop/proof'
import { readEvidence } from './evidence.js'
import type { Exchanger } from './exchange-policy.js'

/** Seconds that an exchanged token may live. */
const MAX_LIFETIME = 300
const MAX_TOKEN = 16_384

export type ExchangeRequest = {
  readonly subjectToken: string
  readonly actorToken: string
  readonly resource: string
  /** That of the subject token where it is absent. */
  readonly scope: string | undefined
  /** Thumbprint of the key that the hop has proven here. */
  readonly jkt: string
}

export type ExchangeContext = {
  readonly exchanger: Exchanger
  readonly issuer: string
  readonly keys: IssuerKeys
  readonly grantClaim: string | undefined
  readonly now: number
}

export type Refused = { readonly error: 'invalid_grant' | 'invalid_target' | 'invalid_scope' | 'invalid_dpop_proof'; readonly description: string }

/** What the token would say. What is left to ask is whether anything of it was revoked, or used before. */
export type Child = {
  readonly claims: Json
  readonly client: string
  readonly audience: string
  readonly lifetime: number
  readonly parent: { readonly id: string; readonly issuedAt: number; readonly keys: readonly string[] }
  /** What may be used once, and until when. */
  readonly spend: { readonly id: string; readonly until: number }
}

const refused = (error: Refused['error'], description: string): Refused => ({ error, description })

/**
 * Whether a hop gets the token that it asks for: the client's request is judged once more, as that hop declares that it received it, and
 * the new token is the hop's own, for the next hop, and neither wider nor longer than the client's. Pure. RFC 8693, RFC 9449 §5.
 */
export function judgeExchange(request: ExchangeRequest, { exchanger, issuer, keys, grantClaim, now }: ExchangeContext): Child | Refused {
  const { hop, policy } = exchanger
  const { subjectToken, resource, jkt } = request
  if (!exchanger.keys.has(jkt as never)) return refused('invalid_dpop_proof', 'the proof is not by a key that is registered for this hop')
  const evidence = readEvidence(request.actorToken, { hop, keys: [...exchanger.keys.values()], issuer, subjectToken, skew: policy.skew, now })
  if (evidence === undefined) return refused('invalid_grant', 'the actor token is not what this hop says, now and here, of the request for which it exchanges')

  const judged = judge(evidence, policy, keys)
  if (judged.verdict === 'deny') return refused('invalid_grant', `the request for which it exchanges would be refused: ${CODES[judged.code].title}`)
  const { proven } = judged
  if (exchanger.audiences.get(proven.route)?.has(resource) !== true) return refused('invalid_target', 'the resource is not the next hop of the route')
  const scope = request.scope === undefined ? proven.scope : request.scope.split(' ').filter((one) => one !== '')
  if (scope.some((one) => !proven.scope.includes(one))) return refused('invalid_scope', 'the subject token does not have that scope')

  const parent = readCompact(subjectToken, MAX_TOKEN)!.payload
  const issuedAt = Math.floor(now)
  const lifetime = Math.min(Math.floor(Number(parent['exp'])) - issuedAt, MAX_LIFETIME, policy.issuers.get(issuer)!.maxLifetime)
  if (!(lifetime >= 1)) return refused('invalid_grant', 'the subject token has no life left')
  const [spend] = judged.spends
  return {
    claims: {
      iss: issuer,
      sub: proven.subject,
      aud: resource,
      client_id: proven.client,
      ...(scope.length === 0 ? {} : { scope: scope.join(' ') }),
      ...(grantClaim === undefined || parent[grantClaim] === undefined ? {} : { [grantClaim]: parent[grantClaim] }),
      iat: issuedAt,
      exp: issuedAt + lifetime,
      cnf: { jkt },
      act: { sub: hop, ...(proven.path.length === 0 ? {} : { act: parent['act'] }) },
    },
    client: proven.client,
    audience: resource,
    lifetime,
    parent: {
      id: sha256(String(parent['jti'])),
      issuedAt: Number(parent['iat']),
      keys: [proven.jkt, proven.x5t].filter((key) => key !== undefined),
    },
    // A certificate proves a connection and can be shown again: then the hop's own statement is what is used once.
    spend: spend ?? { id: sha256(request.actorToken), until: now + 2 * MAX_LIFETIME },
  }
}
