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

/** Rows are short, since each application has all of them: who must act, and the OAuth error where there are several. */
const at =
  (fault: Fault) =>
  (error: OAuthError, spec: string, title: string): CodeInfo => ({ fault, error, spec, title })
const caller = at('caller')
const badProof = (spec: string, title: string): CodeInfo => caller('invalid_dpop_proof', spec, title)
const badToken = (spec: string, title: string): CodeInfo => caller('invalid_token', spec, title)
const issuer = at('issuer')
const hop = at('hop')
const verifier = at('verifier')

/** Every reason to refuse. Append only: codes live in ledgers, alerts and dashboards, for ever. */
export const CODES = table({
  // The request
  'request.uncredentialed': caller(null, 'RFC9449§7.1', 'the request carries no access token'),
  'request.authorization': caller('invalid_request', 'RFC9449§7.2', 'Authorization is repeated or malformed'),
  'request.scheme': caller(null, 'RFC9449§7.1', 'the authentication scheme is neither DPoP nor Bearer'),
  'request.target': caller('invalid_request', 'RFC9110§7.1', 'the request does not name one resource by a plain path'),
  'request.early-data': caller(null, 'RFC8470§5.2', 'a proof came in TLS early data'),
  'request.trailer': caller('invalid_request', 'RFC9110§6.5.1', 'a security field came in the trailers'),
  'request.content-digest': caller('invalid_request', 'RFC9530§2', 'Content-Digest is missing, malformed, or not that of the content'),
  'request.content-too-large': caller(null, 'RFC9110§15.5.14', 'the content is larger than what may be covered'),
  'route.undeclared': caller(null, 'Everyhop', 'no declared route has this path'),

  // The proof
  'proof.missing': badToken('RFC9449§7.1', 'a bound token came without a proof'),
  'proof.repeated': badProof('RFC9449§4.3-1', 'there is more than one DPoP field'),
  'proof.malformed': badProof('RFC9449§4.3-2', 'the proof is not one compact JWS'),
  'proof.incomplete': badProof('RFC9449§4.3-3', 'a required member is missing or has the wrong type'),
  'proof.jti': badProof('RFC9449§11.1', 'jti is empty or too long'),
  'proof.typ': badProof('RFC9449§4.3-4', 'typ is not dpop+jwt'),
  'proof.alg': badProof('RFC9449§4.3-5', 'the algorithm is not accepted'),
  'proof.critical': badProof('RFC7515§4.1.11', 'the header demands an extension'),
  'proof.key': badProof('RFC7638§3', 'jwk is not a well-formed public key for the algorithm'),
  'proof.private-key': badProof('RFC9449§4.3-7', 'jwk carries private or symmetric key material'),
  'proof.key-reference': badProof('RFC8725§3.10', 'the header names another key beside jwk'),
  'proof.method': badProof('RFC9449§4.3-8', 'htm is not the request method'),
  'proof.target': badProof('RFC9449§4.3-9', 'htu is not the request target'),
  'proof.nonce-missing': caller('use_dpop_nonce', 'RFC9449§9', 'a nonce is required and the proof has none'),
  'proof.nonce': caller('use_dpop_nonce', 'RFC9449§4.3-10', 'the nonce is not one of ours or is too old'),
  'proof.stale': badProof('RFC9449§4.3-11', 'iat is too long ago'),
  'proof.early': badProof('RFC9449§4.3-11', 'iat is in the future'),
  'proof.token-hash': badProof('RFC9449§4.3-12', 'ath is not the hash of this token'),
  'proof.signature': badProof('RFC9449§4.3-6', 'the signature does not verify'),
  'proof.replayed': badProof('RFC9449§11.1', 'the proof was already spent'),
  'proof.unexpected': badProof('RFC9449§4.3-12', 'a proof came with a token that is bound to no key'),

  // The token
  'token.malformed': badToken('RFC9068§4', 'the token is not one compact JWS'),
  'token.opaque': badToken('RFC7662§2', 'the token is opaque and there is no issuer to ask about it'),
  'token.inactive': badToken('RFC7662§2.2', 'the issuer says that the token is not active'),
  'token.type': issuer('invalid_token', 'RFC9449§6.2', 'token_type is not that of the binding'),
  'token.encrypted': badToken('RFC9068§4', 'encrypted access tokens are not supported'),
  'token.incomplete': badToken('RFC9068§2.2', 'a required claim is missing or has the wrong type'),
  'token.typ': badToken('RFC9068§4', 'typ is not that of an access token'),
  'token.alg': badToken('RFC8725§3.1', 'the algorithm is not one that this issuer is declared with'),
  'token.critical': badToken('RFC7515§4.1.11', 'the header demands an extension'),
  'token.key-reference': badToken('RFC8725§3.10', 'the header brings or names a key of its own'),
  'token.issuer': badToken('RFC9068§4', 'the issuer is not declared'),
  'token.audience': badToken('RFC9068§4', 'the token is for another audience'),
  'token.expired': badToken('RFC9068§4', 'the token has expired'),
  'token.early': badToken('RFC7519§4.1.5', 'the token is not valid yet'),
  'token.lifetime': issuer('invalid_token', 'RFC9449§11.2', 'the token lives longer than the policy allows'),
  'token.unknown-key': badToken('RFC9068§4', 'the issuer publishes no such key'),
  'token.signature': badToken('RFC9068§4', 'the signature does not verify'),
  'token.client': badToken('Everyhop', 'this client may not use this route'),
  'token.unbound': badToken('RFC9449§7.1', 'the token is bound to nothing and no waiver covers it'),
  'token.confirmation': badToken('RFC7800§3.1', 'cnf has nothing that can be proven here'),
  'token.mechanism': badToken('RFC9449§7.1', 'the binding is not one that this route accepts'),
  'token.scheme': badToken('RFC9449§7.2', 'the token came under another scheme than that of its binding'),
  'token.other-key': badToken('RFC9449§4.3-12', 'the token is bound to another key'),
  'token.no-certificate': badToken('RFC8705§3', 'a certificate-bound token came without a certificate'),
  'token.other-certificate': badToken('RFC8705§3', 'the token is bound to another certificate'),
  'token.actor': hop('invalid_token', 'RFC8693§4.1', 'no declared hop exchanged the token for its own key'),
  'token.revoked': badToken('RFC7009§2', 'the token was revoked'),

  // Exceptions
  'waiver.expired': badToken('Everyhop', 'the waiver for this client is not in force'),
  'waiver.scope': badToken('Everyhop', 'the waiver does not cover this route or audience'),
  'waiver.lifetime': issuer('invalid_token', 'Everyhop', 'the token lives longer than the waiver allows'),
  'waiver.network': badToken('Everyhop', 'the request comes from outside the networks of the waiver'),

  // The path of hops
  'path.unattested': hop(null, 'Everyhop', 'the request came without the attestation of the hop before'),
  'path.unexpected': hop(null, 'Everyhop', 'the request came over another path of hops than the route allows'),
  'path.stray': hop(null, 'RFC9440§2.4', 'a field that only a hop may set came where no hop is expected'),
  'attestation.repeated': hop(null, 'RFC9421§3.2', 'a field that must come once came more than once'),
  'attestation.malformed': hop(null, 'RFC9651§4.2', 'an attestation field cannot be read'),
  'attestation.uncovered': hop(null, 'RFC9421§3.2', 'a field or component that must be signed is not covered'),
  'attestation.unknown-key': hop(null, 'RFC9421§3.2', 'the key is not registered for this hop'),
  'attestation.tag': hop(null, 'RFC9421§7.2.7', 'the signature was made for another purpose'),
  'attestation.stale': hop(null, 'RFC9421§3.2', 'the attestation has expired or lives too long'),
  'attestation.early': hop(null, 'RFC9421§3.2', 'the attestation was made in the future'),
  'attestation.signature': hop(null, 'RFC9421§3.2', 'the signature of a hop does not verify'),
  'attestation.method': hop(null, 'Everyhop', 'the attested method is not the one received'),
  'attestation.target': hop(null, 'Everyhop', 'the attested target does not lead to the path received'),
  'attestation.subject': hop(null, 'Everyhop', 'the hop attested another key or binding than the request proves'),
  'attestation.replayed': hop(null, 'RFC9421§7.2.2', 'the attestation was already spent'),

  // The verifier itself
  'replay.unavailable': verifier(null, 'RFC9449§11.1', 'the replay store did not answer'),
  'replay.full': verifier(null, 'RFC9449§11.1', 'the replay store has no room and forgets nothing early'),
  'replay.limit': caller(null, 'RFC9449§11.1', 'too many live proofs of one key or client'),
  'replay.forgotten': verifier(null, 'RFC9449§11.1', 'the replay store may have forgotten the first use'),
  'keys.unavailable': verifier(null, 'RFC9068§4', "the issuer's keys could not be had"),
  'introspection.unavailable': verifier(null, 'RFC7662§4', 'the issuer could not be asked about the token'),
  'revocation.unavailable': verifier(null, 'RFC7009§3', 'it is not known whether the token was revoked'),
  'revocation.forgotten': verifier('invalid_token', 'RFC7009§3', 'the revocation store lost its memory after the token was issued: get a new one'),
  'exchange.unavailable': verifier(null, 'RFC8693§2', 'the token could not be exchanged'),
  'verifier.unready': verifier(null, 'Everyhop', 'the verifier has no policy in force'),
  'verifier.failed': verifier(null, 'Everyhop', 'the verifier could not decide'),
})

export type Code = keyof typeof CODES
