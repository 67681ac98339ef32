/** Who must act when a request is refused. */
export type Fault = 'caller' | 'issuer' | 'hop' | 'verifier'

/** The OAuth `error` of the answer; null where the caller did nothing that OAuth has a word for. */
export type OAuthError = 'invalid_request' | 'invalid_token' | 'invalid_dpop_proof' | 'use_dpop_nonce' | 'insufficient_scope' | null

export type CodeInfo = {
  readonly fault: Fault
  readonly error: OAuthError
  /** The section that demands the refusal, `RFC9449§4.3-8`, or `Everyhop` where the rule is ours. */
  readonly spec: string
  readonly title: string
}

/** Keeps the names as a type and not the texts, which would fill the declarations. */
const table = <C extends string>(codes: Readonly<Record<C, CodeInfo>>): Readonly<Record<C, CodeInfo>> => codes

/** Every reason to refuse. Append only: codes live in ledgers, alerts and dashboards, for ever. */
export const CODES = table({
  // The request
  'request.uncredentialed': { fault: 'caller', error: null, spec: 'RFC9449§7.1', title: 'the request carries no access token' },
  'request.authorization': { fault: 'caller', error: 'invalid_request', spec: 'RFC9449§7.2', title: 'Authorization is repeated or malformed' },
  'request.scheme': { fault: 'caller', error: null, spec: 'RFC9449§7.1', title: 'the authentication scheme is neither DPoP nor Bearer' },
  'request.target': { fault: 'caller', error: 'invalid_request', spec: 'RFC9110§7.1', title: 'the request does not name one resource by a plain path' },
  'request.early-data': { fault: 'caller', error: null, spec: 'RFC8470§5.2', title: 'a proof came in TLS early data' },
  'request.trailer': { fault: 'caller', error: 'invalid_request', spec: 'RFC9110§6.5.1', title: 'a security field came in the trailers' },
  'request.content-digest': { fault: 'caller', error: 'invalid_request', spec: 'RFC9530§2', title: 'Content-Digest is missing, malformed, or not that of the content' },
  'request.content-too-large': { fault: 'caller', error: null, spec: 'RFC9110§15.5.14', title: 'the content is larger than what may be covered' },
  'route.undeclared': { fault: 'caller', error: null, spec: 'Everyhop', title: 'no declared route has this path' },

  // The proof
  'proof.missing': { fault: 'caller', error: 'invalid_token', spec: 'RFC9449§7.1', title: 'a bound token came without a proof' },
  'proof.repeated': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-1', title: 'there is more than one DPoP field' },
  'proof.malformed': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-2', title: 'the proof is not one compact JWS' },
  'proof.incomplete': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-3', title: 'a required member is missing or has the wrong type' },
  'proof.jti': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§11.1', title: 'jti is empty or too long' },
  'proof.typ': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-4', title: 'typ is not dpop+jwt' },
  'proof.alg': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-5', title: 'the algorithm is not accepted' },
  'proof.critical': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC7515§4.1.11', title: 'the header demands an extension' },
  'proof.key': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC7638§3', title: 'jwk is not a well-formed public key for the algorithm' },
  'proof.private-key': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-7', title: 'jwk carries private or symmetric key material' },
  'proof.key-reference': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC8725§3.10', title: 'the header names another key beside jwk' },
  'proof.method': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-8', title: 'htm is not the request method' },
  'proof.target': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-9', title: 'htu is not the request target' },
  'proof.nonce-missing': { fault: 'caller', error: 'use_dpop_nonce', spec: 'RFC9449§9', title: 'a nonce is required and the proof has none' },
  'proof.nonce': { fault: 'caller', error: 'use_dpop_nonce', spec: 'RFC9449§4.3-10', title: 'the nonce is not one of ours or is too old' },
  'proof.stale': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-11', title: 'iat is too long ago' },
  'proof.early': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-11', title: 'iat is in the future' },
  'proof.token-hash': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-12', title: 'ath is not the hash of this token' },
  'proof.signature': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-6', title: 'the signature does not verify' },
  'proof.replayed': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§11.1', title: 'the proof was already spent' },
  'proof.unexpected': { fault: 'caller', error: 'invalid_dpop_proof', spec: 'RFC9449§4.3-12', title: 'a proof came with a token that is bound to no key' },

  // The token
  'token.malformed': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'the token is not one compact JWS' },
  'token.opaque': { fault: 'caller', error: 'invalid_token', spec: 'RFC7662§2', title: 'the token is opaque and there is no issuer to ask about it' },
  'token.inactive': { fault: 'caller', error: 'invalid_token', spec: 'RFC7662§2.2', title: 'the issuer says that the token is not active' },
  'token.type': { fault: 'issuer', error: 'invalid_token', spec: 'RFC9449§6.2', title: 'token_type is not that of the binding' },
  'token.encrypted': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'encrypted access tokens are not supported' },
  'token.incomplete': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§2.2', title: 'a required claim is missing or has the wrong type' },
  'token.typ': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'typ is not that of an access token' },
  'token.alg': { fault: 'caller', error: 'invalid_token', spec: 'RFC8725§3.1', title: 'the algorithm is not one that this issuer is declared with' },
  'token.critical': { fault: 'caller', error: 'invalid_token', spec: 'RFC7515§4.1.11', title: 'the header demands an extension' },
  'token.key-reference': { fault: 'caller', error: 'invalid_token', spec: 'RFC8725§3.10', title: 'the header brings or names a key of its own' },
  'token.issuer': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'the issuer is not declared' },
  'token.audience': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'the token is for another audience' },
  'token.expired': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'the token has expired' },
  'token.early': { fault: 'caller', error: 'invalid_token', spec: 'RFC7519§4.1.5', title: 'the token is not valid yet' },
  'token.lifetime': { fault: 'issuer', error: 'invalid_token', spec: 'RFC9449§11.2', title: 'the token lives longer than the policy allows' },
  'token.unknown-key': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'the issuer publishes no such key' },
  'token.signature': { fault: 'caller', error: 'invalid_token', spec: 'RFC9068§4', title: 'the signature does not verify' },
  'token.client': { fault: 'caller', error: 'invalid_token', spec: 'Everyhop', title: 'this client may not use this route' },
  'token.unbound': { fault: 'caller', error: 'invalid_token', spec: 'RFC9449§7.1', title: 'the token is bound to nothing and no waiver covers it' },
  'token.confirmation': { fault: 'caller', error: 'invalid_token', spec: 'RFC7800§3.1', title: 'cnf has nothing that can be proven here' },
  'token.mechanism': { fault: 'caller', error: 'invalid_token', spec: 'RFC9449§7.1', title: 'the binding is not one that this route accepts' },
  'token.scheme': { fault: 'caller', error: 'invalid_token', spec: 'RFC9449§7.2', title: 'the token came under another scheme than that of its binding' },
  'token.other-key': { fault: 'caller', error: 'invalid_token', spec: 'RFC9449§4.3-12', title: 'the token is bound to another key' },
  'token.no-certificate': { fault: 'caller', error: 'invalid_token', spec: 'RFC8705§3', title: 'a certificate-bound token came without a certificate' },
  'token.other-certificate': { fault: 'caller', error: 'invalid_token', spec: 'RFC8705§3', title: 'the token is bound to another certificate' },
  'token.actor': { fault: 'hop', error: 'invalid_token', spec: 'RFC8693§4.1', title: 'no declared hop exchanged the token for its own key' },
  'token.revoked': { fault: 'caller', error: 'invalid_token', spec: 'RFC7009§2', title: 'the token was revoked' },

  // Exceptions
  'waiver.expired': { fault: 'caller', error: 'invalid_token', spec: 'Everyhop', title: 'the waiver for this client is not in force' },
  'waiver.scope': { fault: 'caller', error: 'invalid_token', spec: 'Everyhop', title: 'the waiver does not cover this route or audience' },
  'waiver.lifetime': { fault: 'issuer', error: 'invalid_token', spec: 'Everyhop', title: 'the token lives longer than the waiver allows' },
  'waiver.network': { fault: 'caller', error: 'invalid_token', spec: 'Everyhop', title: 'the request comes from outside the networks of the waiver' },

  // The path of hops
  'path.unattested': { fault: 'hop', error: null, spec: 'Everyhop', title: 'the request came without the attestation of the hop before' },
  'path.unexpected': { fault: 'hop', error: null, spec: 'Everyhop', title: 'the request came over another path of hops than the route allows' },
  'path.stray': { fault: 'hop', error: null, spec: 'RFC9440§2.4', title: 'a field that only a hop may set came where no hop is expected' },
  'attestation.repeated': { fault: 'hop', error: null, spec: 'RFC9421§3.2', title: 'a field that must come once came more than once' },
  'attestation.malformed': { fault: 'hop', error: null, spec: 'RFC9651§4.2', title: 'an attestation field cannot be read' },
  'attestation.uncovered': { fault: 'hop', error: null, spec: 'RFC9421§3.2', title: 'a field or component that must be signed is not covered' },
  'attestation.unknown-key': { fault: 'hop', error: null, spec: 'RFC9421§3.2', title: 'the key is not registered for this hop' },
  'attestation.tag': { fault: 'hop', error: null, spec: 'RFC9421§7.2.7', title: 'the signature was made for another purpose' },
  'attestation.stale': { fault: 'hop', error: null, spec: 'RFC9421§3.2', title: 'the attestation has expired or lives too long' },
  'attestation.early': { fault: 'hop', error: null, spec: 'RFC9421§3.2', title: 'the attestation was made in the future' },
  'attestation.signature': { fault: 'hop', error: null, spec: 'RFC9421§3.2', title: 'the signature of a hop does not verify' },
  'attestation.method': { fault: 'hop', error: null, spec: 'Everyhop', title: 'the attested method is not the one received' },
  'attestation.target': { fault: 'hop', error: null, spec: 'Everyhop', title: 'the attested target does not lead to the path received' },
  'attestation.subject': { fault: 'hop', error: null, spec: 'Everyhop', title: 'the hop attested another key or binding than the request proves' },
  'attestation.replayed': { fault: 'hop', error: null, spec: 'RFC9421§7.2.2', title: 'the attestation was already spent' },

  // The verifier itself
  'replay.unavailable': { fault: 'verifier', error: null, spec: 'RFC9449§11.1', title: 'the replay store did not answer' },
  'replay.full': { fault: 'verifier', error: null, spec: 'RFC9449§11.1', title: 'the replay store has no room and forgets nothing early' },
  'replay.limit': { fault: 'caller', error: null, spec: 'RFC9449§11.1', title: 'too many live proofs of one key or client' },
  'replay.forgotten': { fault: 'verifier', error: null, spec: 'RFC9449§11.1', title: 'the replay store may have forgotten the first use' },
  'keys.unavailable': { fault: 'verifier', error: null, spec: 'RFC9068§4', title: "the issuer's keys could not be had" },
  'introspection.unavailable': { fault: 'verifier', error: null, spec: 'RFC7662§4', title: 'the issuer could not be asked about the token' },
  'revocation.unavailable': { fault: 'verifier', error: null, spec: 'RFC7009§3', title: 'it is not known whether the token was revoked' },
  'revocation.forgotten': {
    fault: 'verifier',
    error: 'invalid_token',
    spec: 'RFC7009§3',
    title: 'the revocation store lost its memory after the token was issued: get a new one',
  },
  'exchange.unavailable': { fault: 'verifier', error: null, spec: 'RFC8693§2', title: 'the token could not be exchanged' },
  'verifier.unready': { fault: 'verifier', error: null, spec: 'Everyhop', title: 'the verifier has no policy in force' },
  'verifier.failed': { fault: 'verifier', error: null, spec: 'Everyhop', title: 'the verifier could not decide' },
})

export type Code = keyof typeof CODES
