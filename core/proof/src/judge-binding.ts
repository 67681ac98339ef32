import { PROOF_CHECKS, type ProofContext } from './checks.js'
import type { Code } from './codes.js'
import { holds, type Signed } from './compact-jws.js'
import type { Binding } from './decision.js'
import type { Evidence } from './evidence.js'
import type { Place } from './judge-path.js'
import { judgeWaiver } from './judge-waiver.js'
import { importJwk } from './proof-key.js'
import type { Memo } from './memo.js'
import type { Policy } from './policy.js'
import type { Credential } from './read-authorization.js'
import { readProof, type Proof } from './read-proof.js'
import type { Token } from './read-token.js'
import { readBytes } from './structured-fields.js'
import { sha256, type Thumbprint } from './thumbprint.js'

/** Characters of a header that is kept: those of the longest keys are read each time, so that nobody fills the memory with them. */
const MAX_KEPT = 1_024

export type Request = {
  readonly evidence: Evidence
  readonly place: Place
  readonly policy: Policy
  readonly credential: Credential
  readonly tokenHash: Thumbprint
  readonly memo: Memo | undefined
}

/** What the request proves of the token's binding. */
export type Bound = {
  readonly binding: Binding
  readonly jkt?: Thumbprint
  readonly x5t?: Thumbprint
  readonly proof?: Proof
  readonly waiver?: string
}

/** `cnf` decides, never the scheme: each member that the token has must be proven. */
export function judgeBinding(request: Request, token: Token): Bound | Code {
  const { jkt, x5t } = token.confirmation
  if (jkt === undefined && x5t === undefined) return judgeWaiver(request, token)

  const { bindings } = request.place.route
  if (jkt === undefined && request.evidence.dpop.length > 0) return 'proof.unexpected'
  if ((request.credential.scheme === 'dpop') !== (jkt !== undefined)) return 'token.scheme'
  if ((jkt !== undefined && !bindings.has('dpop')) || (jkt === undefined && !bindings.has('mtls'))) return 'token.mechanism'

  const certificateDefect = x5t && judgeCertificate(request.evidence, x5t)
  if (certificateDefect !== undefined) return certificateDefect
  if (jkt === undefined) return { binding: 'mtls', ...(x5t && { x5t }) }
  const proof = judgeProof(request, jkt)
  if (typeof proof === 'string') return proof
  return x5t === undefined ? { binding: 'dpop', jkt, proof } : { binding: 'dpop+mtls', jkt, x5t, proof }
}

/** RFC 8705 §3. */
function judgeCertificate(evidence: Evidence, x5t: Thumbprint): Code | undefined {
  const certificate = certificateOf(evidence)
  if (certificate === undefined) return 'token.no-certificate'
  return sha256(certificate) === x5t ? undefined : 'token.other-certificate'
}

/** The certificate of our own TLS socket, or, on an attested route, the covered `Client-Cert`: elsewhere that field is refused. */
export function certificateOf({ hop, certificate }: Evidence): Uint8Array | undefined {
  const [field] = hop.clientCert
  return field === undefined ? certificate : readBytes(field)
}

/** Everything of the proof but its signature. Without `boundTo` it may be of any key: that is compared once the token is known. */
export function judgeProof({ evidence, place, policy, tokenHash, memo }: Request, boundTo?: Thumbprint): Proof | Code {
  const proof = readProof(evidence.dpop, boundTo && memo?.keys.get(boundTo)?.head)
  if (typeof proof === 'string') return proof
  const { now, method } = evidence
  const context: ProofContext = { now, method, targets: place.targets, tokenHash, boundTo: boundTo ?? proof.head.key.jkt, policy }
  for (const check of PROOF_CHECKS) if (!check.holds(proof, context)) return check.code
  return proof
}

/** The proof's signature, or none where its key is no point of its curve. With a memo, the key must equal that of a verified token: only such keys are kept. */
export function signedOf({ head, signingInput: input, signature }: Proof, memo: Memo | undefined): Signed | undefined {
  const known = memo?.keys.get(head.key.jkt)
  const key = known?.key ?? importJwk(head.key)
  if (!key) return undefined
  if (known?.head !== head) memo?.keys.set(head.key.jkt, { key, head: head.text.length <= MAX_KEPT ? head : known?.head })
  return { alg: head.alg, key, input, signature }
}

export function judgeSignature(proof: Proof): Code | undefined {
  const signed = signedOf(proof, undefined)
  if (!signed) return 'proof.key'
  return holds(signed) ? undefined : 'proof.signature'
}
