import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Somebody between two hops kept an attested request for two minutes before sending it on.
 * An application that never compares `expires` with its clock gives a recording unlimited life.
 */
export const staleAttestation = attack({
  kind: 'forge',
  id: 'HOP-03b',
  title: 'An attestation that has expired is accepted',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.stale'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { createdOffset: -120, expiresOffset: -110 })],
})
