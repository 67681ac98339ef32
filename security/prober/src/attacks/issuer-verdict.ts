import type { IssuerAnswer, Observation } from '../attack.js'

/** What the answer to a token request says that should have been refused. RFC 6749 §5.2 answers with 400 or 401. */
export function issuerVerdict({ token, status, error }: IssuerAnswer, whenGranted: string): Observation {
  if (token !== undefined) return { outcome: 'breached', reason: whenGranted, place: 'issuer' }
  if (status === 400 || status === 401)
    return { outcome: 'held', reason: `the issuer refused with ${status}${error === undefined ? '' : ` ${error}`}`, place: 'issuer' }
  return { outcome: 'inconclusive', reason: `the issuer answered ${status}`, place: 'issuer' }
}
