/** One thing that must be so of a gateway that runs. */
export type GatewayCheck = {
  readonly what: string
  readonly outcome: 'held' | 'broken' | 'unknown' | 'not here'
  /** What was seen. */
  readonly saw: string
  /** How to mend it, where it is broken. */
  readonly mend?: string
}

export const held = (what: string, saw: string): GatewayCheck => ({ what, outcome: 'held', saw })
export const unknown = (what: string, saw: string): GatewayCheck => ({ what, outcome: 'unknown', saw })
/** Cannot be seen from where this runs, and so says nothing. */
export const notHere = (what: string, saw: string): GatewayCheck => ({ what, outcome: 'not here', saw })
export const broken = (what: string, saw: string, mend: string): GatewayCheck => ({ what, outcome: 'broken', saw, mend })
