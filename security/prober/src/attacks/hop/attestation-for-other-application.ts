import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The attacker runs one application behind the gateway and takes what the gateway attested for it to another.
 * An application that does not find its own authority in what was signed accepts the mail of its neighbour.
 */
export const attestationForOtherApplication = attack({
  kind: 'forge',
  id: 'HOP-13',
  title: 'An attestation for one application works at another',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§7.2.8', 'RFC9421§2.2.3'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.signature'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { authority: 'neighbour.internal' })],
})
