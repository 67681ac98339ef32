import { JWT_CHECKS, PROOF_CHECKS, TOKEN_CHECKS } from './checks.js'
import type { Code } from './codes.js'
import type { Evidence } from './evidence.js'
import { findToken, judge } from './judge.js'
import type { IssuerKeys, Policy } from './policy.js'
import { readAuthorization } from './read-authorization.js'
import { readProof } from './read-proof.js'
import { readRequestTarget, targetUnder } from './target.js'
import { sha256 } from './thumbprint.js'

/** Every defect that can be seen, the one that `judge` names first. For consoles and people; never on the path of a request. */
export function explain(evidence: Evidence, policy: Policy, keys: IssuerKeys): readonly Code[] {
  const judged = judge(evidence, policy, keys)
  if (judged.verdict === 'pending') return []
  const found = new Set<Code>([judged.code])

  const credential = readAuthorization(evidence.authorization)
  if (typeof credential === 'string') return [...found.add(credential)]
  const tokenHash = sha256(credential.token)
  const token = findToken(credential.token, tokenHash, keys)
  if (typeof token === 'string') return [...found.add(token)]
  const target = readRequestTarget(evidence.target)
  const route = target && policy.routes.find(({ matches }) => matches(target.normal))
  const issuer = policy.issuers.get(token.iss)
  if (!issuer) found.add('token.issuer')
  else {
    const context = { now: evidence.now, issuer, audiences: route?.audiences ?? new Set<string>(), policy }
    if (token.jws) for (const check of JWT_CHECKS) if (!check.holds(token.jws, context)) found.add(check.code)
    for (const check of TOKEN_CHECKS) if (!check.holds(token, context)) found.add(check.code)
  }

  if (typeof token.confirmation === 'string') return [...found.add(token.confirmation)]
  const { jkt } = token.confirmation
  if (jkt === undefined || !target) return [...found]
  const proof = readProof(evidence.dpop)
  if (typeof proof === 'string') return [...found.add(proof)]
  const targets = new Set(policy.bases.map((base) => targetUnder(base, target.normal)))
  const context = { now: evidence.now, method: evidence.method, targets, tokenHash, boundTo: jkt, policy }
  for (const check of PROOF_CHECKS) if (!check.holds(proof, context)) found.add(check.code)
  return [...found]
}
