import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The hops sign in another order than declared, each with its own key: the inner one before the outer one.
 * An application that counts signatures, and does not compare their order with the path that its route allows, takes a detour for the way.
 */
export const hopsSwapped = attack({
  kind: 'forge',
  id: 'DIR-03b',
  title: 'Two hops may sign in another order than declared',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential', 'two-hops'],
  expect: 'refused',
  refusedAs: ['path.unexpected'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { path: kit.path.toReversed() })],
})
