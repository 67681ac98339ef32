import type { Attack } from './attack.js'
import { garbageProof } from './attacks/base/garbage-proof.js'
import { honestCertificate } from './attacks/base/honest-certificate.js'
import { honestRequest } from './attacks/base/honest-request.js'
import { issuerMetadata } from './attacks/base/issuer-metadata.js'
import { noCredentials } from './attacks/base/no-credentials.js'
import { bearerForUnlistedClient } from './attacks/cmp/bearer-for-unlisted-client.js'
import { bearerFromElsewhere } from './attacks/cmp/bearer-from-elsewhere.js'
import { bearerOffItsRoute } from './attacks/cmp/bearer-off-its-route.js'
import { issuedAfterWaiver } from './attacks/cmp/issued-after-waiver.js'
import { longLivedBearer } from './attacks/cmp/long-lived-bearer.js'
import { unseenBearerUse } from './attacks/cmp/unseen-bearer-use.js'
import { usedAfterWaiver } from './attacks/cmp/used-after-waiver.js'
import { aroundTheGateway } from './attacks/dir/around-the-gateway.js'
import { hopLeftOut } from './attacks/dir/hop-left-out.js'
import { hopsSwapped } from './attacks/dir/hops-swapped.js'
import { identityAroundTheGateway } from './attacks/dir/identity-around-the-gateway.js'
import { bearerOnOtherRoutes } from './attacks/dwn/bearer-on-other-routes.js'
import { bearerWithProof } from './attacks/dwn/bearer-with-proof.js'
import { challengeForBearer } from './attacks/dwn/challenge-for-bearer.js'
import { lowerCaseScheme } from './attacks/dwn/lower-case-scheme.js'
import { noServerName } from './attacks/dwn/no-server-name.js'
import { otherServerName } from './attacks/dwn/other-server-name.js'
import { overHttp10 } from './attacks/dwn/over-http-10.js'
import { overHttp2 } from './attacks/dwn/over-http-2.js'
import { spentOverAnotherHttp } from './attacks/dwn/spent-over-another-http.js'
import { twoSchemesInOne } from './attacks/dwn/two-schemes-in-one.js'
import { unknownScheme } from './attacks/dwn/unknown-scheme.js'
import { brokenText } from './attacks/fop/broken-text.js'
import { deepProof } from './attacks/fop/deep-proof.js'
import { numberBeyondRange } from './attacks/fop/number-beyond-range.js'
import { undeclaredPath } from './attacks/fop/undeclared-path.js'
import { bareClaimsDownstream } from './attacks/fwd/bare-claims-downstream.js'
import { identityBesideToken } from './attacks/fwd/identity-beside-token.js'
import { identityWithoutToken } from './attacks/fwd/identity-without-token.js'
import { bearerAfterDpop } from './attacks/hdr/bearer-after-dpop.js'
import { bearerBeforeDpop } from './attacks/hdr/bearer-before-dpop.js'
import { oversizedProof } from './attacks/hdr/oversized-proof.js'
import { proofInCapitals } from './attacks/hdr/proof-in-capitals.js'
import { proofInTrailer } from './attacks/hdr/proof-in-trailer.js'
import { proofListedInConnection } from './attacks/hdr/proof-listed-in-connection.js'
import { proofWithUnderscore } from './attacks/hdr/proof-with-underscore.js'
import { thiefProofAfter } from './attacks/hdr/thief-proof-after.js'
import { thiefProofBefore } from './attacks/hdr/thief-proof-before.js'
import { twoCredentialsInOneField } from './attacks/hdr/two-credentials-in-one-field.js'
import { twoFramings } from './attacks/hdr/two-framings.js'
import { twoHosts } from './attacks/hdr/two-hosts.js'
import { twoProofsInOneField } from './attacks/hdr/two-proofs-in-one-field.js'
import { twoValidProofs } from './attacks/hdr/two-valid-proofs.js'
import { algorithmInSignature } from './attacks/hop/algorithm-in-signature.js'
import { attestationForOtherApplication } from './attacks/hop/attestation-for-other-application.js'
import { attestationFromTheFuture } from './attacks/hop/attestation-from-the-future.js'
import { attestationOnOtherRequest } from './attacks/hop/attestation-on-other-request.js'
import { attestationRepeated } from './attacks/hop/attestation-repeated.js'
import { attestationTwice } from './attacks/hop/attestation-twice.js'
import { attestedWithoutChecking } from './attacks/hop/attested-without-checking.js'
import { clientSignaturePassedOn } from './attacks/hop/client-signature-passed-on.js'
import { keyOfOtherEnvironment } from './attacks/hop/key-of-other-environment.js'
import { keyOfOtherHop } from './attacks/hop/key-of-other-hop.js'
import { longLivedAttestation } from './attacks/hop/long-lived-attestation.js'
import { noAttestation } from './attacks/hop/no-attestation.js'
import { otherContent } from './attacks/hop/other-content.js'
import { otherKeyAttested } from './attacks/hop/other-key-attested.js'
import { otherMethodAttested } from './attacks/hop/other-method-attested.js'
import { otherTag } from './attacks/hop/other-tag.js'
import { otherTargetAttested } from './attacks/hop/other-target-attested.js'
import { pathNotCovered } from './attacks/hop/path-not-covered.js'
import { proofNotCovered } from './attacks/hop/proof-not-covered.js'
import { queryChanged } from './attacks/hop/query-changed.js'
import { signatureInsteadOfContent } from './attacks/hop/signature-instead-of-content.js'
import { signaturesRemoved } from './attacks/hop/signatures-removed.js'
import { staleAttestation } from './attacks/hop/stale-attestation.js'
import { tokenExchanged } from './attacks/hop/token-exchanged.js'
import { tokenNotCovered } from './attacks/hop/token-not-covered.js'
import { unregisteredKey } from './attacks/hop/unregistered-key.js'
import { bindingOfToken } from './attacks/iss/binding-of-token.js'
import { clientCertAtTheIssuer } from './attacks/iss/client-cert-at-the-issuer.js'
import { introspectedBinding } from './attacks/iss/introspected-binding.js'
import { issuerProofTwice } from './attacks/iss/issuer-proof-twice.js'
import { longLivedToken } from './attacks/iss/long-lived-token.js'
import { proofForOtherEndpoint } from './attacks/iss/proof-for-other-endpoint.js'
import { proofWithClaimedKey } from './attacks/iss/proof-with-claimed-key.js'
import { tokenWithoutProof } from './attacks/iss/token-without-proof.js'
import { weakAlgorithmsOffered } from './attacks/iss/weak-algorithms-offered.js'
import { claimedKey } from './attacks/key/claimed-key.js'
import { everNewKeyIds } from './attacks/key/ever-new-key-ids.js'
import { extraKeyMembers } from './attacks/key/extra-key-members.js'
import { publishedPrivateKey } from './attacks/key/published-private-key.js'
import { respelledKey } from './attacks/key/respelled-key.js'
import { selfMintedToken } from './attacks/key/self-minted-token.js'
import { thiefKey } from './attacks/key/thief-key.js'
import { weakKey } from './attacks/key/weak-key.js'
import { headForGet } from './attacks/mth/head-for-get.js'
import { methodInForm } from './attacks/mth/method-in-form.js'
import { methodInQuery } from './attacks/mth/method-in-query.js'
import { methodInSmallLetters } from './attacks/mth/method-in-small-letters.js'
import { methodOverride } from './attacks/mth/method-override.js'
import { optionsForGet } from './attacks/mth/options-for-get.js'
import { trace } from './attacks/mth/trace.js'
import { criticalExtension } from './attacks/prf/critical-extension.js'
import { emptyIdentifier } from './attacks/prf/empty-identifier.js'
import { escapedLetter } from './attacks/prf/escaped-letter.js'
import { futureProof } from './attacks/prf/future-proof.js'
import { hostInCapitals } from './attacks/prf/host-in-capitals.js'
import { hugeIdentifier } from './attacks/prf/huge-identifier.js'
import { inventedNonce } from './attacks/prf/invented-nonce.js'
import { jsonSerialization } from './attacks/prf/json-serialization.js'
import { listOfMethods } from './attacks/prf/list-of-methods.js'
import { longerHost } from './attacks/prf/longer-host.js'
import { longerSignature } from './attacks/prf/longer-signature.js'
import { lowerCaseMethod } from './attacks/prf/lower-case-method.js'
import { mirroredSignature } from './attacks/prf/mirrored-signature.js'
import { namedKey } from './attacks/prf/named-key.js'
import { noIdentifier } from './attacks/prf/no-identifier.js'
import { noNonce } from './attacks/prf/no-nonce.js'
import { noTime } from './attacks/prf/no-time.js'
import { noTokenHash } from './attacks/prf/no-token-hash.js'
import { noType } from './attacks/prf/no-type.js'
import { nonceInCache } from './attacks/prf/nonce-in-cache.js'
import { otherMethod } from './attacks/prf/other-method.js'
import { otherPath } from './attacks/prf/other-path.js'
import { otherPort } from './attacks/prf/other-port.js'
import { otherScheme } from './attacks/prf/other-scheme.js'
import { otherType } from './attacks/prf/other-type.js'
import { publicKeyAsSecret } from './attacks/prf/public-key-as-secret.js'
import { relativeTarget } from './attacks/prf/relative-target.js'
import { sharedSecret } from './attacks/prf/shared-secret.js'
import { staleProof } from './attacks/prf/stale-proof.js'
import { timeAsText } from './attacks/prf/time-as-text.js'
import { timeInMilliseconds } from './attacks/prf/time-in-milliseconds.js'
import { tokenHashOfField } from './attacks/prf/token-hash-of-field.js'
import { undeclaredAlgorithm } from './attacks/prf/undeclared-algorithm.js'
import { unencodedPayload } from './attacks/prf/unencoded-payload.js'
import { unsignedProof } from './attacks/prf/unsigned-proof.js'
import { userInTarget } from './attacks/prf/user-in-target.js'
import { windowInForce } from './attacks/prf/window-in-force.js'
import { zeroSignature } from './attacks/prf/zero-signature.js'
import { actorOfExchangedToken } from './attacks/rbd/actor-of-exchanged-token.js'
import { clientTokenBehindTheExchange } from './attacks/rbd/client-token-behind-the-exchange.js'
import { credentialsBesideExchangedOnes } from './attacks/rbd/credentials-beside-exchanged-ones.js'
import { exchangeByStranger } from './attacks/rbd/exchange-by-stranger.js'
import { exchangeOfOwnSubject } from './attacks/rbd/exchange-of-own-subject.js'
import { exchangeWithoutProof } from './attacks/rbd/exchange-without-proof.js'
import { exchangedTokenAtTheEdge } from './attacks/rbd/exchanged-token-at-the-edge.js'
import { keyOfExchangedToken } from './attacks/rbd/key-of-exchanged-token.js'
import { widerExchange } from './attacks/rbd/wider-exchange.js'
import { exchangedToken } from './attacks/rev/exchanged-token.js'
import { revokedByStranger } from './attacks/rev/revoked-by-stranger.js'
import { revokedToken } from './attacks/rev/revoked-token.js'
import { jtiBurnedByAnother } from './attacks/rpl/jti-burned-by-another.js'
import { proofForOtherHost } from './attacks/rpl/proof-for-other-host.js'
import { proofForOtherMethod } from './attacks/rpl/proof-for-other-method.js'
import { proofForOtherPath } from './attacks/rpl/proof-for-other-path.js'
import { proofForOtherToken } from './attacks/rpl/proof-for-other-token.js'
import { proofForTheIssuer } from './attacks/rpl/proof-for-the-issuer.js'
import { respelledTarget } from './attacks/rpl/respelled-target.js'
import { sameProofInParallel } from './attacks/rpl/same-proof-in-parallel.js'
import { sameProofTwice } from './attacks/rpl/same-proof-twice.js'
import { usedProofAtTheApplication } from './attacks/rpl/used-proof-at-the-application.js'
import { certificateWithSpaces } from './attacks/spf/certificate-with-spaces.js'
import { certificateWithTabs } from './attacks/spf/certificate-with-tabs.js'
import { claimedToBeInternal } from './attacks/spf/claimed-to-be-internal.js'
import { clientCertBesideOwn } from './attacks/spf/client-cert-beside-own.js'
import { forgedChain } from './attacks/spf/forged-chain.js'
import { forgedClientCert } from './attacks/spf/forged-client-cert.js'
import { forgedEnvoyCertificate } from './attacks/spf/forged-envoy-certificate.js'
import { forgedVendorCertificate } from './attacks/spf/forged-vendor-certificate.js'
import { forwardedHost } from './attacks/spf/forwarded-host.js'
import { originalUrl } from './attacks/spf/original-url.js'
import { stolenTokenWithClientCert } from './attacks/spf/stolen-token-with-client-cert.js'
import { stolenTokenWithVendorCertificate } from './attacks/spf/stolen-token-with-vendor-certificate.js'
import { underscoredFields } from './attacks/spf/underscored-fields.js'
import { boundTokenAsBearer } from './attacks/tok/bound-token-as-bearer.js'
import { brokenSignature } from './attacks/tok/broken-signature.js'
import { changedClaims } from './attacks/tok/changed-claims.js'
import { emptyConfirmation } from './attacks/tok/empty-confirmation.js'
import { halfOfTwoBindings } from './attacks/tok/half-of-two-bindings.js'
import { noCertificate } from './attacks/tok/no-certificate.js'
import { noProof } from './attacks/tok/no-proof.js'
import { oddConfirmation } from './attacks/tok/odd-confirmation.js'
import { otherAudience } from './attacks/tok/other-audience.js'
import { otherCertificate } from './attacks/tok/other-certificate.js'
import { otherIssuer } from './attacks/tok/other-issuer.js'
import { otherKindOfToken } from './attacks/tok/other-kind-of-token.js'
import { tokenInCookie } from './attacks/tok/token-in-cookie.js'
import { tokenInForm } from './attacks/tok/token-in-form.js'
import { tokenInQuery } from './attacks/tok/token-in-query.js'
import { tokenInSideField } from './attacks/tok/token-in-side-field.js'
import { unboundUnderDpop } from './attacks/tok/unbound-under-dpop.js'
import { unsignedToken } from './attacks/tok/unsigned-token.js'
import { backslashInPath } from './attacks/url/backslash-in-path.js'
import { escapedClimb } from './attacks/url/escaped-climb.js'
import { hostWithDot } from './attacks/url/host-with-dot.js'
import { hostWithPath } from './attacks/url/host-with-path.js'
import { nullInPath } from './attacks/url/null-in-path.js'
import { parametersInPath } from './attacks/url/parameters-in-path.js'
import { pathInCapitals } from './attacks/url/path-in-capitals.js'
import { slashAtTheEnd } from './attacks/url/slash-at-the-end.js'
import { suffixOnPath } from './attacks/url/suffix-on-path.js'
import { twiceEscapedClimb } from './attacks/url/twice-escaped-climb.js'
import { twoLeadingSlashes } from './attacks/url/two-leading-slashes.js'
import { twoSlashesInside } from './attacks/url/two-slashes-inside.js'
import { otherBodyAndDigest } from './attacks/url/other-body-and-digest.js'

/** Every attack, in the order of the catalogue. One file an attack; a test holds this list to the folder. */
export const CATALOGUE: readonly Attack[] = [
  honestRequest,
  noCredentials,
  garbageProof,
  honestCertificate,
  issuerMetadata,
  noProof,
  boundTokenAsBearer,
  noCertificate,
  otherCertificate,
  tokenInQuery,
  tokenInForm,
  tokenInCookie,
  tokenInSideField,
  otherAudience,
  brokenSignature,
  unsignedToken,
  otherIssuer,
  changedClaims,
  otherKindOfToken,
  unboundUnderDpop,
  emptyConfirmation,
  oddConfirmation,
  halfOfTwoBindings,
  sameProofTwice,
  sameProofInParallel,
  usedProofAtTheApplication,
  proofForOtherMethod,
  proofForOtherPath,
  proofForOtherHost,
  jtiBurnedByAnother,
  respelledTarget,
  proofForTheIssuer,
  proofForOtherToken,
  otherMethod,
  lowerCaseMethod,
  listOfMethods,
  otherPath,
  longerHost,
  otherScheme,
  otherPort,
  relativeTarget,
  userInTarget,
  hostInCapitals,
  escapedLetter,
  staleProof,
  futureProof,
  timeAsText,
  timeInMilliseconds,
  noTime,
  windowInForce,
  noTokenHash,
  tokenHashOfField,
  noIdentifier,
  emptyIdentifier,
  hugeIdentifier,
  noNonce,
  inventedNonce,
  nonceInCache,
  noType,
  otherType,
  unsignedProof,
  sharedSecret,
  publicKeyAsSecret,
  undeclaredAlgorithm,
  zeroSignature,
  longerSignature,
  mirroredSignature,
  criticalExtension,
  unencodedPayload,
  jsonSerialization,
  namedKey,
  thiefKey,
  claimedKey,
  publishedPrivateKey,
  extraKeyMembers,
  respelledKey,
  weakKey,
  selfMintedToken,
  everNewKeyIds,
  challengeForBearer,
  lowerCaseScheme,
  unknownScheme,
  twoSchemesInOne,
  bearerWithProof,
  bearerOnOtherRoutes,
  overHttp10,
  overHttp2,
  spentOverAnotherHttp,
  noServerName,
  otherServerName,
  twoValidProofs,
  thiefProofAfter,
  thiefProofBefore,
  twoProofsInOneField,
  bearerAfterDpop,
  bearerBeforeDpop,
  twoCredentialsInOneField,
  proofInCapitals,
  proofWithUnderscore,
  proofListedInConnection,
  proofInTrailer,
  oversizedProof,
  twoHosts,
  twoFramings,
  hostWithPath,
  twoLeadingSlashes,
  twoSlashesInside,
  escapedClimb,
  twiceEscapedClimb,
  parametersInPath,
  slashAtTheEnd,
  pathInCapitals,
  suffixOnPath,
  nullInPath,
  backslashInPath,
  hostWithDot,
  otherBodyAndDigest,
  methodOverride,
  methodInQuery,
  methodInForm,
  headForGet,
  optionsForGet,
  trace,
  methodInSmallLetters,
  forgedClientCert,
  stolenTokenWithClientCert,
  clientCertBesideOwn,
  forgedChain,
  forgedEnvoyCertificate,
  forgedVendorCertificate,
  stolenTokenWithVendorCertificate,
  underscoredFields,
  forwardedHost,
  originalUrl,
  claimedToBeInternal,
  certificateWithSpaces,
  certificateWithTabs,
  aroundTheGateway,
  identityAroundTheGateway,
  hopLeftOut,
  hopsSwapped,
  identityWithoutToken,
  identityBesideToken,
  bareClaimsDownstream,
  tokenWithoutProof,
  bindingOfToken,
  proofForOtherEndpoint,
  proofWithClaimedKey,
  issuerProofTwice,
  longLivedToken,
  weakAlgorithmsOffered,
  clientCertAtTheIssuer,
  introspectedBinding,
  exchangeWithoutProof,
  keyOfExchangedToken,
  exchangeByStranger,
  actorOfExchangedToken,
  clientTokenBehindTheExchange,
  exchangedTokenAtTheEdge,
  widerExchange,
  exchangeOfOwnSubject,
  credentialsBesideExchangedOnes,
  noAttestation,
  signaturesRemoved,
  unregisteredKey,
  attestationTwice,
  staleAttestation,
  attestationOnOtherRequest,
  longLivedAttestation,
  pathNotCovered,
  proofNotCovered,
  tokenNotCovered,
  queryChanged,
  tokenExchanged,
  otherTargetAttested,
  otherMethodAttested,
  otherKeyAttested,
  otherContent,
  otherTag,
  algorithmInSignature,
  attestationRepeated,
  attestedWithoutChecking,
  clientSignaturePassedOn,
  signatureInsteadOfContent,
  attestationFromTheFuture,
  keyOfOtherEnvironment,
  keyOfOtherHop,
  attestationForOtherApplication,
  revokedToken,
  exchangedToken,
  revokedByStranger,
  bearerFromElsewhere,
  longLivedBearer,
  issuedAfterWaiver,
  usedAfterWaiver,
  bearerOffItsRoute,
  bearerForUnlistedClient,
  unseenBearerUse,
  deepProof,
  numberBeyondRange,
  brokenText,
  undeclaredPath,
]
