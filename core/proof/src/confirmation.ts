import type { Code } from './codes.js'
import { isObject } from './strict-json.js'
import { readThumbprint, type Thumbprint } from './thumbprint.js'

/** What a token is bound to. Neither thumbprint: it is a bearer token. */
export type Confirmation = {
  readonly jkt?: Thumbprint
  readonly x5t?: Thumbprint
  /** Whether `cnf` says more than is understood here. */
  readonly isPartial?: true
}

const UNBOUND: Confirmation = Object.freeze({})

/**
 * Reads `cnf` (RFC 7800). Members that we understand must be well formed, and there must be one:
 * a `cnf` of which nothing can be proven here is refused, and never taken for a missing one.
 */
export function readConfirmation(cnf: unknown): Confirmation | Code {
  if (cnf === undefined) return UNBOUND
  if (!isObject(cnf) || 'tbh' in cnf) return 'token.confirmation'
  const jkt = readThumbprint(cnf['jkt'])
  const x5t = readThumbprint(cnf['x5t#S256'])
  if ('jkt' in cnf && jkt === undefined) return 'token.confirmation'
  if ('x5t#S256' in cnf && x5t === undefined) return 'token.confirmation'
  if (jkt === undefined && x5t === undefined) return 'token.confirmation'
  const isPartial = Object.keys(cnf).length > (jkt ? 1 : 0) + (x5t ? 1 : 0)
  const confirmation: { -readonly [member in keyof Confirmation]: Confirmation[member] } = {}
  if (jkt) confirmation.jkt = jkt
  if (x5t) confirmation.x5t = x5t
  if (isPartial) confirmation.isPartial = true
  return confirmation
}
