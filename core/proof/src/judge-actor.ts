import type { Bound, Request } from './judge-binding.js'
import type { Token } from './read-token.js'
import { isObject } from './strict-json.js'

const MAX_ACTORS = 8

/**
 * The hops that exchanged the token, from the client inwards, or undefined where it is not one of a hop that may. Only the current actor
 * counts, and it must have proven a registered key of that hop; those before it are its issuer's word (RFC 8693 §4.1).
 */
export function judgeActor({ place, policy }: Request, { claims }: Token, { jkt }: Bound): readonly string[] | undefined {
  const { actors } = place.route
  if (!actors) return []
  const names: string[] = []
  for (let act = claims['act']; act !== undefined; act = act['act']) {
    if (!isObject(act) || typeof act['sub'] !== 'string' || names.length === MAX_ACTORS) return undefined
    names.unshift(act['sub'])
  }
  const current = names.at(-1) ?? ''
  return actors.has(current) && policy.hops.get(current)?.keys.has(jkt ?? '') ? names : undefined
}
