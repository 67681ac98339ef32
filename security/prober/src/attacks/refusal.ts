import type { Code } from '@everyhop/proof'
import type { Answer, Observation } from '../attack.js'

/** What a refusal in a script says of the chain: held for one of the right codes, or for a plain refusal of credentials; else masked. */
export function refusal({ status, code, failed }: Answer, refusedAs: readonly Code[]): Observation {
  if (failed !== undefined) return { outcome: 'inconclusive', reason: `no answer: ${failed}` }
  const isRight = code === undefined ? status === 401 || status === 403 : (refusedAs as readonly string[]).includes(code)
  const reason = `refused with ${status}${code === undefined ? '' : ` ${code}`}`
  return isRight ? { outcome: 'held', reason } : { outcome: 'masked', reason: `${reason}, which is not for the reason tested` }
}
