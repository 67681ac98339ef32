import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The hop signs with a key that is not registered here, under that key's own id, as the same hop of another environment would.
 * An application that looks keys up by id wherever it finds them takes staging for production.
 */
export const keyOfOtherEnvironment = attack({
  kind: 'forge',
  id: 'HOP-12a',
  title: 'A key of another environment signs for a hop of this one',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.unknown-key'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { foreignKey: 'under its own key id' })],
})
