import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Who holds the credential of one hop sends what it signed straight to the application, and leaves out the hop that should come after it.
 * An application that asks whether a known hop has signed, and not which hops have, loses whatever the one that is missing enforces.
 */
export const hopLeftOut = attack({
  kind: 'forge',
  id: 'DIR-03a',
  title: 'A hop in the middle can be left out',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential', 'two-hops'],
  expect: 'refused',
  refusedAs: ['path.unexpected'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { path: kit.path.slice(0, -1) })],
})
