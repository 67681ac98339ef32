import { createHash } from 'node:crypto'
import type { Claims } from '../attack.js'

/** RFC 7638 §3: the required members in order. The prober has its own, so that a fault of the engine's is not repeated here. */
export function thumbprintOf(jwk: Claims): string {
  const { crv, kty, x, y } = jwk
  const members = y === undefined ? { crv, kty, x } : { crv, kty, x, y }
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url')
}
