import type { Decision, Proven, Receipt } from '@everyhop/proof'
import type { LoadedSlice } from './read-slice.js'

/** The record of a decision. `proven` is what was known of the request when it was refused late. */
export function receiptOf({ slice, digest }: LoadedSlice, decision: Decision, time: number, pending?: Proven): Receipt {
  const proven = decision.verdict === 'allow' ? decision.proven : pending
  const thumbprint = proven?.jkt ?? proven?.x5t
  return {
    schema: 'everyhop.receipt/1',
    time,
    chain: slice.chain,
    environment: slice.environment,
    hop: slice.hop,
    slice: digest,
    decision: decision.verdict,
    ...(decision.verdict === 'deny' ? { code: decision.code, fault: decision.fault } : {}),
    ...(proven === undefined
      ? {}
      : {
          route: proven.route,
          client: proven.client,
          binding: proven.binding,
          path: proven.path,
          ...(proven.tokenId === undefined ? {} : { tokenId: proven.tokenId }),
          ...(proven.waiver === undefined ? {} : { waiver: proven.waiver }),
        }),
    ...(thumbprint === undefined ? {} : { thumbprint }),
  }
}
