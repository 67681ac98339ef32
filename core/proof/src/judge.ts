import { JWT_CHECKS, TOKEN_CHECKS, grantOf } from './checks.js'
import type { Code } from './codes.js'
import { holds, type Signed } from './compact-jws.js'
import { FOLLOWS, refuse, type Decision, type Deny, type Pending, type Proven, type Spend, type SpendAnswer, type Step, type Unverified } from './decision.js'
import type { Evidence } from './evidence.js'
import { judgeActor } from './judge-actor.js'
import { judgeBinding, signedOf, type Bound, type Request } from './judge-binding.js'
import { judgeOpaque } from './judge-opaque.js'
import { findPlace, judgePath } from './judge-path.js'
import { keep, recall, type Memo } from './memo.js'
import type { IssuerKeys, Policy, RoutePolicy, TokenAlg } from './policy.js'
import type { Attested } from './read-attestation.js'
import { readAuthorization } from './read-authorization.js'
import type { Proof } from './read-proof.js'
import { readToken, type Token } from './read-token.js'
import { sha256, type Thumbprint } from './thumbprint.js'

/**
 * Judges one request. Pure and synchronous: the same evidence, policy, keys and time give the same answer, now or a year later.
 * It cannot allow: what it returns at best is pending, with what must be spent; `settle` makes the decision.
 * `memo` only saves work.
 */
export function judge(evidence: Evidence, policy: Policy, keys: IssuerKeys, memo?: Memo): Deny | Pending {
  let step = examine(evidence, policy, keys, memo)
  while (step.verdict === 'unverified') step = proceed(step, holds(step.signed))
  return step
}

/** The same as far as it goes without the signature of token or proof: for whom has another thread to verify it. */
export function examine(evidence: Evidence, policy: Policy, keys: IssuerKeys, memo?: Memo): Step {
  const place = findPlace(evidence, policy)
  if (typeof place === 'string') return refuse(place)
  const attested = judgePath(evidence, place, policy)
  if (typeof attested === 'string') return refuse(attested)

  const known = recall(memo, evidence.authorization)
  const credential = known?.credential ?? readAuthorization(evidence.authorization)
  if (typeof credential === 'string') return refuse(credential)
  const tokenHash = known?.tokenHash ?? sha256(credential.token)
  const request: Request = { evidence, place, policy, credential, tokenHash, memo }
  const token = known?.token ?? findToken(credential.token, tokenHash, keys)
  if (token === 'token.opaque' && keys.introspected) return refuse(judgeOpaque(request, attested))
  if (typeof token === 'string') return refuse(token)
  const tokenDefect = judgeToken(token, evidence.now, place.route, policy)
  if (tokenDefect !== undefined) return refuse(tokenDefect)

  const bound = judgeBinding(request, token)
  if (typeof bound === 'string') return refuse(bound)
  if (attested && !agrees(attested, bound)) return refuse('attestation.subject')
  const actors = judgeActor(request, token, bound)
  if (!actors) return refuse('token.actor')

  // From here on every step costs a curve operation.
  if (attested && !attested.signaturesHold()) return refuse('attestation.signature')
  const examined: Examined = { request, token, bound, attested, path: attested ? [...actors, ...attested.path] : actors }
  if (!token.jws) return examineProof(examined)
  const { alg, kid, signingInput: input, signature } = token.jws
  const key = keys.find(token.iss, kid, alg as TokenAlg)
  if (!key) return refuse('token.unknown-key')
  if (known?.key === key) return examineProof(examined)
  return unverified({ alg, key, input, signature }, 'token.signature', () => {
    keep(memo, { field: evidence.authorization[0]!, credential, tokenHash, token, key })
    return examineProof(examined)
  })
}

/** Goes on with a request once its next signature was verified, or not. */
export function proceed({ [FOLLOWS]: { defect, next } }: Unverified, isVerified: boolean): Step {
  return isVerified ? next() : refuse(defect)
}

const unverified = (signed: Signed, defect: Code, next: () => Step): Unverified => ({ verdict: 'unverified', signed, [FOLLOWS]: { defect, next } })

/** A request of which all holds but the signature of its proof. */
type Examined = {
  readonly request: Request
  readonly token: Token
  readonly bound: Bound
  readonly attested: Attested | undefined
  readonly path: readonly string[]
}

function examineProof(examined: Examined): Step {
  const { bound, request } = examined
  if (!bound.proof) return pendingOf(examined)
  const signed = signedOf(bound.proof, request.memo)
  return signed ? unverified(signed, 'proof.signature', () => pendingOf(examined)) : refuse('proof.key')
}

const pendingOf = ({ request, token, bound, attested, path }: Examined): Pending => ({
  verdict: 'pending',
  proven: provenOf(token, request, bound, path),
  spends: spendsOf(request, token, bound.proof, attested),
})

/** Makes the decision from what the store said of each spend, in their order. There is no other way to an `Allow`. */
export function settle(pending: Pending, answers: readonly SpendAnswer[]): Decision {
  let index = 0
  for (const spend of pending.spends) {
    const answer = answers[index] ?? 'unavailable'
    index += 1
    if (answer === 'spent') return refuse(spend.spent)
    if (answer === 'forgotten') return refuse('replay.forgotten')
    if (answer === 'full') return refuse('replay.full')
    if (answer === 'limit') return refuse('replay.limit')
    if (answer !== 'fresh') return refuse('replay.unavailable')
  }
  return { verdict: 'allow', proven: pending.proven }
}

/** Reads the token, or takes what its issuer said of it. The answer is never kept here: how long it counts, the verifier knows. */
export function findToken(value: string, tokenHash: Thumbprint, keys: IssuerKeys): Token | Code {
  const token = readToken(value)
  return token === 'token.opaque' ? (keys.introspected?.(tokenHash) ?? token) : token
}

function judgeToken(token: Token, now: number, route: RoutePolicy, policy: Policy): Code | undefined {
  const issuer = policy.issuers.get(token.iss)
  if (!issuer) return 'token.issuer'
  const context = { now, issuer, audiences: route.audiences, policy }
  if (token.jws) for (const check of JWT_CHECKS) if (!check.holds(token.jws, context)) return check.code
  for (const check of TOKEN_CHECKS) if (!check.holds(token, context)) return check.code
  const speaksForIt = issuer.clients?.has(token.client) ?? true
  return route.clients.has(token.client) && speaksForIt ? undefined : 'token.client'
}

/** Whether the first hop attested what the request itself proves. */
const agrees = ({ subject }: Attested, bound: Bound): boolean =>
  subject.binding === bound.binding && subject.jkt === bound.jkt && subject.x5t === bound.x5t && subject.waiver === bound.waiver

function provenOf(token: Token, { place, policy }: Request, bound: Bound, path: readonly string[]): Proven {
  const grant = grantOf(token, policy.issuers.get(token.iss)!)
  const { jkt, x5t, waiver } = bound
  const proven: { -readonly [member in keyof Proven]: Proven[member] } = {
    issuer: token.iss,
    client: token.client,
    subject: token.sub,
    binding: bound.binding,
    scope: token.scope,
    route: place.route.pattern,
    path,
    tokenId: token.id,
  }
  if (token.iat !== undefined) proven.issuedAt = token.iat
  if (typeof grant === 'string') proven.grantId = sha256(grant)
  if (jkt !== undefined) proven.jkt = jkt
  if (x5t !== undefined) proven.x5t = x5t
  if (waiver !== undefined) proven.waiver = waiver
  return proven
}

/** The attestation always, the proof where this hop is the replay authority: in this order, so that a stray copy burns no proof. */
function spendsOf({ evidence, policy }: Request, token: Token, proof: Proof | undefined, attested: Attested | undefined): readonly Spend[] {
  const spends: Spend[] = []
  if (attested) spends.push(attested.spend)
  if (proof && policy.spends) {
    const nonceEnd = policy.nonce === undefined ? 0 : policy.nonce.maxAge + proof.iat
    // A proof cannot have been used before its nonce was made, whatever its `iat` says.
    const nonceTime = policy.nonce?.timeOf(proof.nonce ?? '', evidence.now) ?? -Infinity
    spends.push({
      id: sha256(`proof\n${policy.hop}\n${proof.head.key.jkt}\n${proof.jti}`),
      until: Math.ceil(Math.max(proof.iat + policy.maxAge, nonceEnd) + policy.skew),
      from: Math.floor(Math.max(proof.iat - policy.maxEarly, nonceTime)),
      made: Math.floor(proof.iat),
      kind: `proof ${policy.hop}`,
      owner: proof.head.key.jkt,
      client: `${token.iss} ${token.client}`,
      spent: 'proof.replayed',
    })
  }
  return spends
}
