import type { Exchange, Kit } from '../attack.js'

/** The same request, sent around every hop, straight to the listener of the application. */
export const atApplication = (exchange: Exchange, kit: Kit): Exchange => ({ ...exchange, to: { at: 'direct', hop: kit.application } })
