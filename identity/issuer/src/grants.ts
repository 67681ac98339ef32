import type { Chain } from '@everyhop/chain'
import { ConfigError } from './config-error.js'
import type { Registration } from './options.js'

/** Claims with a meaning of their own: none of them can name a grant here. */
const TAKEN: ReadonlySet<string> = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti', 'client_id', 'scope', 'cnf', 'act', 'may_act'])
const LONGEST = 256

/** The grant of each client that has one. Throws ConfigError where tokens could not say it. */
export function grantsOf({ issuer: { grantClaim } }: Chain, clients: readonly Registration[]): ReadonlyMap<string, string> {
  const grants = new Map(clients.flatMap(({ clientId, grant }) => (grant === undefined ? [] : [[clientId, grant] as const])))
  for (const [clientId, grant] of grants) {
    if (grantClaim === undefined)
      throw new ConfigError('config.grant', `${clientId} has a grant, and the chain does not say in which claim: declare grantClaim of its issuer`)
    if (grant === '' || grant.length > LONGEST) throw new ConfigError('config.grant', `the grant of ${clientId} has 1 to ${LONGEST} characters`)
  }
  if (grants.size > 0 && TAKEN.has(grantClaim!))
    throw new ConfigError('config.grant', `grantClaim cannot be ${grantClaim}, which says something else; take one such as "sid"`)
  return grants
}
