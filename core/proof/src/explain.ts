import { JWT_CHECKS, PROOF_CHECKS, TOKEN_CHECKS } from './checks.js'
import type { Code } from './codes.js'
import { signatureHolds } from './compact-jws.js'
import type { Evidence } from './evidence.js'
import { findToken, judge } from './judge.js'
import { judgeActor } from './judge-actor.js'
import { judgeBinding, judgeSignature, type Request } from './judge-binding.js'
import { findPlace, judgePath } from './judge-path.js'
import type { IssuerKeys, Policy, TokenAlg } from './policy.js'
import { readAuthorization } from './read-authorization.js'
import { readProof } from './read-proof.js'
import type { Token } from './read-token.js'
import { sha256 } from './thumbprint.js'

/** Every defect that can be seen, the one that `judge` names first. For consoles and people; never on the path of a request. */
export function explain(evidence: Evidence, policy: Policy, keys: IssuerKeys): readonly Code[] {
  const judged = judge(evidence, policy, keys)
  return judged.verdict === 'pending' ? [] : [...new Set([judged.code, ...defects(evidence, policy, keys)])]
}

function* defects(evidence: Evidence, policy: Policy, keys: IssuerKeys): Generator<Code> {
  const credential = readAuthorization(evidence.authorization)
  if (typeof credential === 'string') yield credential
  if (evidence.earlyData) yield 'request.early-data'
  if (evidence.trailers) yield 'request.trailer'
  const place = findPlace({ ...evidence, earlyData: false, trailers: false }, policy)
  if (typeof place === 'string') yield place
  if (typeof place === 'string' || typeof credential === 'string') return

  const attested = judgePath(evidence, place, policy)
  if (typeof attested === 'string') yield attested
  else if (attested && !attested.signaturesHold()) yield 'attestation.signature'

  const tokenHash = sha256(credential.token)
  const request: Request = { evidence, place, policy, credential, tokenHash, memo: undefined }
  const token = findToken(credential.token, tokenHash, keys)
  if (typeof token === 'string') yield token
  else yield* tokenDefects(token, request, keys)
  if (evidence.dpop.length > 0) yield* proofDefects(request, typeof token === 'string' ? undefined : token)
}

function* tokenDefects(token: Token, request: Request, keys: IssuerKeys): Generator<Code> {
  const { evidence, place, policy } = request
  const { jws } = token
  const issuer = policy.issuers.get(token.iss)
  if (issuer) {
    const context = { now: evidence.now, issuer, audiences: place.route.audiences, policy }
    for (const check of jws ? JWT_CHECKS : []) if (!check.holds(jws!, context)) yield check.code
    for (const check of TOKEN_CHECKS) if (!check.holds(token, context)) yield check.code
    const key = jws && keys.find(token.iss, jws.kid, jws.alg as TokenAlg)
    if (jws && !key) yield 'token.unknown-key'
    if (key && !signatureHolds(jws.alg, key, jws.signingInput, jws.signature)) yield 'token.signature'
  } else yield 'token.issuer'
  if (!place.route.clients.has(token.client)) yield 'token.client'
  const bound = judgeBinding(request, token)
  if (typeof bound === 'string') yield bound
  else if (!judgeActor(request, token, bound)) yield 'token.actor'
}

function* proofDefects({ evidence, place, policy, tokenHash }: Request, token: Token | undefined): Generator<Code> {
  const proof = readProof(evidence.dpop)
  if (typeof proof === 'string') return yield proof
  const boundTo = token?.confirmation.jkt ?? proof.head.key.jkt
  const context = { now: evidence.now, method: evidence.method, targets: place.targets, tokenHash, boundTo, policy }
  for (const check of PROOF_CHECKS) if (!check.holds(proof, context)) yield check.code
  const signature = judgeSignature(proof)
  if (signature !== undefined) yield signature
}
