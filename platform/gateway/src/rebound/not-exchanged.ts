import { CODES, type Proven, type Receipt } from '@everyhop/proof'
import type { LoadedSlice } from '@everyhop/verifier'

/** The record of a request that held, and for which there is no token to go on with: it follows that of the verification. */
export const notExchanged = ({ slice, digest }: LoadedSlice, { route, client, binding, path, jkt, x5t, tokenId }: Proven, time: number): Receipt => {
  const thumbprint = jkt ?? x5t
  return {
    schema: 'everyhop.receipt/1',
    time,
    chain: slice.chain,
    environment: slice.environment,
    hop: slice.hop,
    slice: digest,
    decision: 'deny',
    code: 'exchange.unavailable',
    fault: CODES['exchange.unavailable'].fault,
    route,
    client,
    binding,
    path,
    ...(thumbprint === undefined ? {} : { thumbprint }),
    ...(tokenId === undefined ? {} : { tokenId }),
  }
}
