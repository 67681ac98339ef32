import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The hop signs, but leaves the path out of what it signs, so that anybody behind it can exchange it.
 * An application that verifies whatever list of components it is given never notices.
 */
export const pathNotCovered = attack({
  kind: 'forge',
  id: 'HOP-04a',
  title: 'An attestation that leaves out the path is accepted',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2', 'RFC9421§7.2.1'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.uncovered'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { omit: ['@path'] })],
})
