import type { Code } from './codes.js'
import { certificateOf, judgeProof, judgeSignature, type Request } from './judge-binding.js'
import { mayBeWaived } from './judge-waiver.js'
import type { Attested } from './read-attestation.js'

/**
 * Judges a request with an opaque token before its issuer was asked: whatever fails without an answer is refused at once,
 * so that strangers' garbage costs no question. `token.opaque` means that the answer is all that is missing.
 */
export function judgeOpaque(request: Request, attested: Attested | undefined): Code {
  const defect = request.credential.scheme === 'dpop' ? judgeAnyProof(request) : judgeUnproven(request)
  if (defect !== undefined) return defect
  return attested && !attested.signaturesHold() ? 'attestation.signature' : 'token.opaque'
}

function judgeAnyProof(request: Request): Code | undefined {
  const proof = judgeProof(request)
  return typeof proof === 'string' ? proof : judgeSignature(proof)
}

/** Under Bearer only a certificate or a waiver can make a token acceptable, and never beside a proof. */
function judgeUnproven(request: Request): Code | undefined {
  const { evidence, place } = request
  if (evidence.dpop.length > 0) return 'token.scheme'
  const takesCertificates = place.route.bindings.has('mtls')
  if (mayBeWaived(request) || (takesCertificates && certificateOf(evidence) !== undefined)) return undefined
  return takesCertificates ? 'token.no-certificate' : 'token.scheme'
}
