import type { KeyObject } from 'node:crypto'
import { readCompact, sha256, signatureHolds, suits, type Evidence } from '@everyhop/proof'

/** What a hop says of the request that it exchanges for: a JWS of its own, sent as the `actor_token` (RFC 8693 §2.1). */
export const EVIDENCE_TYP = 'everyhop-evidence+jwt'

/** Bytes: a token, a proof and a certificate fit. */
const MAX_LENGTH = 32_768
/** Seconds that it may live. */
const MAX_LIFETIME = 60
const ALGS = ['ES256', 'EdDSA'] as const

export type EvidenceContext = {
  /** The hop that asks, by the client that it authenticated as. */
  readonly hop: string
  readonly keys: readonly KeyObject[]
  readonly issuer: string
  readonly subjectToken: string
  /** Seconds. */
  readonly skew: number
  readonly now: number
}

/** The client's request as the hop received it; undefined where that hop has not said so now, of this token, to this issuer. */
export function readEvidence(actorToken: string, { hop, keys, issuer, subjectToken, skew, now }: EvidenceContext): Evidence | undefined {
  const jws = readCompact(actorToken, MAX_LENGTH)
  if (jws?.header['typ'] !== EVIDENCE_TYP) return undefined
  const { iss, sub, aud, iat, exp, ath, htm, target, scheme, proof, certificate } = jws.payload
  const isFresh = typeof iat === 'number' && typeof exp === 'number' && iat <= now + skew && now <= exp + skew && exp - iat <= MAX_LIFETIME
  if (iss !== hop || sub !== hop || aud !== issuer || !isFresh || ath !== sha256(subjectToken)) return undefined
  if (typeof htm !== 'string' || typeof target !== 'string' || (scheme !== 'DPoP' && scheme !== 'Bearer')) return undefined
  if ((proof !== undefined && typeof proof !== 'string') || (certificate !== undefined && typeof certificate !== 'string')) return undefined
  const isSigned = keys.some((key) =>
    ALGS.some((alg) => alg === jws.header['alg'] && suits(key, alg) && signatureHolds(alg, key, jws.signingInput, jws.signature)),
  )
  if (!isSigned) return undefined
  return {
    now,
    method: htm,
    target,
    authorization: [`${scheme} ${subjectToken}`],
    dpop: proof === undefined ? [] : [proof],
    ...(certificate === undefined ? {} : { certificate: Buffer.from(certificate, 'base64') }),
    earlyData: false,
    trailers: false,
    hop: { everyhopHop: [], signature: [], signatureInput: [], clientCert: [], contentDigest: [], aliases: [] },
  }
}
