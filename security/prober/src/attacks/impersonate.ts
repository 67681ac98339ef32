import type { AttestOptions, Exchange, Kit } from '../attack.js'
import { atApplication } from './at-application.js'

/**
 * The request as the hop before the application hands it on, signed with the test credentials of the hops on its way.
 * Throws where the runner has no such credentials; attacks that call it declare the need `hop-credential`.
 */
export function passedOn(exchange: Exchange, kit: Kit, options?: AttestOptions): Exchange {
  if (kit.attest === undefined) throw new TypeError('the runner has no credentials of the hops')
  return kit.attest(atApplication(exchange, kit), options)
}

/** The same request with a proof of its own, so that one can be sent before the hostile one without spending its proof. */
export const renewed = (exchange: Exchange, kit: Kit): Exchange => ({ ...exchange, dpop: [kit.owner(exchange)] })
