import { holds, proceed, signatureHoldsAside, type Deny, type Pending, type Step } from '@everyhop/proof'
import type { Company } from './company.js'

/** Takes a request through its signatures to the end: at once where it is alone, else with the curve operations on other threads. Never rejects. */
export type Conclude = (step: Step) => Deny | Pending | Promise<Deny | Pending>

export function createConclude(company: Company): Conclude {
  function here(step: Step): Deny | Pending {
    let next = step
    while (next.verdict === 'unverified') {
      company.here()
      next = proceed(next, holds(next.signed))
    }
    return next
  }

  async function aside(step: Step): Promise<Deny | Pending> {
    let next = step
    while (next.verdict === 'unverified') {
      const back = company.aside()
      const isVerified = await signatureHoldsAside(next.signed)
      back()
      next = proceed(next, isVerified)
    }
    return next
  }

  // Asked once a request, so that the second signature of one is no company to its first.
  return (step) => (step.verdict === 'unverified' && company.isThere() ? aside(step) : here(step))
}
