import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The signature names an algorithm that does not go with the registered key.
 * An application that follows the name, and not the registration, may verify a public key as a shared secret.
 */
export const algorithmInSignature = attack({
  kind: 'forge',
  id: 'HOP-07',
  title: 'The signature itself may name its algorithm',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2', 'RFC9421§7.3.6'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.malformed'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { alg: 'hmac-sha256' })],
})
