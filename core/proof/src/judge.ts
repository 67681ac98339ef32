import type { KeyObject } from 'node:crypto'
import { PROOF_CHECKS, TOKEN_CHECKS, type ProofContext } from './checks.js'
import type { Code } from './codes.js'
import { signatureHolds } from './compact-jws.js'
import { refuse, type Binding, type Decision, type Deny, type Pending, type Proven, type Spend, type SpendAnswer } from './decision.js'
import type { Evidence } from './evidence.js'
import { judgeWaiver } from './judge-waiver.js'
import { importJwk } from './jwk.js'
import type { Memo } from './memo.js'
import type { IssuerKeys, Policy, RoutePolicy, TokenAlg } from './policy.js'
import { readAttestation, type Attested } from './read-attestation.js'
import { readAuthorization, type Credential } from './read-authorization.js'
import { readProof, type Proof } from './read-proof.js'
import { readToken, type Token } from './read-token.js'
import { readBytes } from './structured-fields.js'
import { loosely, readRequestTarget, targetUnder, type RequestTarget, type Target } from './target.js'
import { sha256, type Thumbprint } from './thumbprint.js'

/**
 * Judges one request. Pure and synchronous: the same evidence, policy, keys and time give the same answer, now or a year later.
 * It cannot allow: what it returns at best is pending, with what must be spent; `settle` makes the decision.
 * `memo` only saves work.
 */
export function judge(evidence: Evidence, policy: Policy, keys: IssuerKeys, memo?: Memo): Deny | Pending {
  const code = (reason: Code): Deny => refuse(reason)

  const place = findPlace(evidence, policy)
  if (typeof place === 'string') return code(place)
  const attested = judgePath(evidence, place, policy)
  if (typeof attested === 'string') return code(attested)

  const credential = readAuthorization(evidence.authorization)
  if (typeof credential === 'string') return code(credential)
  const tokenHash = sha256(credential.token)
  const known = memo?.tokens.get(tokenHash)
  const token = known?.token ?? readToken(credential.token)
  if (typeof token === 'string') return code(token)
  const tokenDefect = judgeToken(token, evidence.now, place.route, policy)
  if (tokenDefect !== undefined) return code(tokenDefect)

  const bound = judgeBinding({ evidence, place, policy, credential, token, tokenHash })
  if (typeof bound === 'string') return code(bound)
  if (attested && !agrees(attested, bound)) return code('attestation.subject')

  // From here on every step costs a curve operation.
  if (attested && !attested.signaturesHold()) return code('attestation.signature')
  const key = keys.find(token.iss, token.kid, token.alg as TokenAlg)
  if (!key) return code('token.unknown-key')
  if (known?.key !== key) {
    if (!signatureHolds(token.alg, key, token.signingInput, token.signature)) return code('token.signature')
    memo?.tokens.set(tokenHash, { token, key })
  }
  const proofDefect = bound.proof && judgeSignature(bound.proof, memo)
  if (proofDefect !== undefined) return code(proofDefect)

  return { verdict: 'pending', proven: provenOf(token, place.route, bound, attested), spends: spendsOf(bound.proof, attested, policy) }
}

/** Makes the decision from what the store said of each spend, in their order. There is no other way to an `Allow`. */
export function settle(pending: Pending, answers: readonly SpendAnswer[]): Decision {
  for (const [index, spend] of pending.spends.entries()) {
    const answer = answers[index] ?? 'unavailable'
    if (answer === 'spent') return refuse(spend.spent)
    if (answer === 'forgotten') return refuse('replay.forgotten')
    if (answer === 'full') return refuse('replay.full')
    if (answer === 'limit') return refuse('replay.limit')
    if (answer !== 'fresh') return refuse('replay.unavailable')
  }
  return { verdict: 'allow', proven: pending.proven }
}

/** Where in the chain a request arrived: its route, and every external target that its path can stand for. */
type Place = { readonly target: RequestTarget; readonly route: RoutePolicy; readonly targets: ReadonlySet<Target> }

function findPlace(evidence: Evidence, policy: Policy): Place | Code {
  if (evidence.earlyData) return 'request.early-data'
  if (evidence.trailers) return 'request.trailer'
  const target = readRequestTarget(evidence.target)
  if (!target) return 'request.target'
  for (const route of policy.routes) {
    const external = externalOf(route, target)
    if (external === undefined || !route.matches(external)) continue
    if (evades(route, target, policy)) return 'request.target'
    return { target, route, targets: new Set(policy.bases.map((base) => targetUnder(base, external))) }
  }
  return 'route.undeclared'
}

const externalOf = (route: RoutePolicy, { normal }: RequestTarget): string | undefined => (route.external ? route.external(normal) : normal)

/** Whether the path is an odd spelling of an earlier route's: the application may answer it as that one, whose clients are others. */
function evades(route: RoutePolicy, target: RequestTarget, { routes }: Policy): boolean {
  return routes.slice(0, routes.indexOf(route)).some((earlier) => {
    const external = externalOf(earlier, target)
    return external !== undefined && earlier.resembles?.(loosely(external)) === true
  })
}

/** Whether the request came the way that the route allows. */
function judgePath(evidence: Evidence, { target, targets, route }: Place, policy: Policy): Attested | Code | undefined {
  const { aliases, everyhopHop, clientCert, contentDigest } = evidence.hop
  if (aliases.length > 0) return 'path.stray'
  if (route.body === 'covered' && !coversContent(contentDigest, evidence.contentSha256)) return 'request.content-digest'
  if (route.mode === 'attested') return readAttestation(evidence, target, targets, route, policy)
  return everyhopHop.length + clientCert.length > 0 ? 'path.stray' : undefined
}

/** `Content-Digest: sha-256=:…:`, once, and that of the content received. RFC 9530 §2. */
const coversContent = (values: readonly string[], actual: string | undefined): boolean =>
  actual !== undefined && values.length === 1 && values[0] === `sha-256=:${actual}:`

function judgeToken(token: Token, now: number, route: RoutePolicy, policy: Policy): Code | undefined {
  const issuer = policy.issuers.get(token.iss)
  if (!issuer) return 'token.issuer'
  const context = { now, issuer, audiences: route.audiences, policy }
  for (const check of TOKEN_CHECKS) if (!check.holds(token, context)) return check.code
  return route.clients.has(token.client) ? undefined : 'token.client'
}

type Bound = {
  readonly binding: Binding
  readonly jkt?: Thumbprint
  readonly x5t?: Thumbprint
  readonly proof?: Proof
  readonly waiver?: string
}

type Request = {
  readonly evidence: Evidence
  readonly place: Place
  readonly policy: Policy
  readonly credential: Credential
  readonly token: Token
  readonly tokenHash: Thumbprint
}

/** `cnf` decides, never the scheme: each member that the token has must be proven. */
function judgeBinding(request: Request): Bound | Code {
  const { confirmation } = request.token
  if (typeof confirmation === 'string') return confirmation
  const { jkt, x5t } = confirmation
  if (jkt === undefined && x5t === undefined) return judgeWaiver(request)

  const { bindings } = request.place.route
  if (jkt === undefined && request.evidence.dpop.length > 0) return 'proof.unexpected'
  if ((request.credential.scheme === 'dpop') !== (jkt !== undefined)) return 'token.scheme'
  if ((jkt !== undefined && !bindings.has('dpop')) || (jkt === undefined && !bindings.has('mtls'))) return 'token.mechanism'

  const certificateDefect = x5t && judgeCertificate(request.evidence, x5t)
  if (certificateDefect !== undefined) return certificateDefect
  const proof = jkt && judgeProof(request, jkt)
  if (typeof proof === 'string') return proof
  return proof === undefined ? { binding: 'mtls', ...confirmation } : { binding: x5t ? 'dpop+mtls' : 'dpop', ...confirmation, proof }
}

/** RFC 8705 §3. The certificate is that of our own TLS socket, or, on an attested route, the covered `Client-Cert`. */
function judgeCertificate(evidence: Evidence, x5t: Thumbprint): Code | undefined {
  const [field] = evidence.hop.clientCert
  const certificate = field === undefined ? evidence.certificate : readBytes(field)
  if (certificate === undefined) return 'token.no-certificate'
  return sha256(certificate) === x5t ? undefined : 'token.other-certificate'
}

function judgeProof({ evidence, place, policy, tokenHash }: Request, boundTo: Thumbprint): Proof | Code {
  const proof = readProof(evidence.dpop)
  if (typeof proof === 'string') return proof
  const context: ProofContext = { now: evidence.now, method: evidence.method, targets: place.targets, tokenHash, boundTo, policy }
  for (const check of PROOF_CHECKS) if (!check.holds(proof, context)) return check.code
  return proof
}

/** The proof's key equals the token's by now, and the token is verified: only such keys are imported and kept. */
function judgeSignature(proof: Proof, memo: Memo | undefined): Code | undefined {
  let key: KeyObject | undefined = memo?.keys.get(proof.key.jkt)
  if (!key) {
    key = importJwk(proof.key)
    if (!key) return 'proof.key'
    memo?.keys.set(proof.key.jkt, key)
  }
  return signatureHolds(proof.alg, key, proof.signingInput, proof.signature) ? undefined : 'proof.signature'
}

/** Whether the first hop attested what the request itself proves. */
const agrees = ({ subject }: Attested, bound: Bound): boolean =>
  subject.binding === bound.binding && subject.jkt === bound.jkt && subject.x5t === bound.x5t && subject.waiver === bound.waiver

function provenOf(token: Token, route: RoutePolicy, bound: Bound, attested: Attested | undefined): Proven {
  const { proof: _, ...rest } = bound
  return {
    client: token.client,
    subject: token.sub,
    scope: token.scope,
    route: route.pattern,
    path: attested?.path ?? [],
    tokenId: sha256(token.jti),
    ...rest,
  }
}

/** The attestation always, the proof where this hop is the replay authority: in this order, so that a stray copy burns no proof. */
function spendsOf(proof: Proof | undefined, attested: Attested | undefined, policy: Policy): readonly Spend[] {
  const spends: Spend[] = []
  if (attested) spends.push(attested.spend)
  if (proof && policy.spends) {
    const nonceEnd = policy.nonce === undefined ? 0 : policy.nonce.maxAge + proof.iat
    spends.push({
      id: sha256(`proof\n${policy.hop}\n${proof.key.jkt}\n${proof.jti}`),
      until: Math.ceil(Math.max(proof.iat + policy.maxAge, nonceEnd) + policy.skew),
      from: Math.floor(proof.iat - policy.maxEarly),
      owner: proof.key.jkt,
      spent: 'proof.replayed',
    })
  }
  return spends
}
