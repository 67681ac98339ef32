import type { Field, Kit } from '../attack.js'

const NAMES = ['X-User', 'X-Authenticated-User', 'X-Forwarded-User', 'X-Auth-Request-User', 'Remote-User']

/** The fields in which gateways tell applications who is calling, naming a client that the application knows: the thief. */
export function identityFields(kit: Kit): readonly Field[] {
  const who = String(kit.thiefToken.claims['client_id'] ?? kit.thiefToken.claims['sub'])
  return NAMES.map((name) => [name, who] as const)
}
