import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The attacker has a signature by the key of the hop that was made for something else, under another tag.
 * An application that asks who signed, and not what for, takes it for an attestation.
 */
export const otherTag = attack({
  kind: 'forge',
  id: 'HOP-06',
  title: 'A signature made for another purpose is taken for an attestation',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§7.2.7'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.tag'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { tag: 'other-application' })],
})
