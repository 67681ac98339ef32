import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The attacker signs an attestation with a key of their own, under the label and the key id of the real hop.
 * An application that takes the label for proof of origin, or fetches keys as it meets them, believes it.
 */
export const unregisteredKey = attack({
  kind: 'forge',
  id: 'HOP-02',
  title: 'Anybody can sign in the name of a hop',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.signature', 'attestation.unknown-key'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { foreignKey: 'under the key id of the hop' })],
})
