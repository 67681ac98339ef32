import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * A hop, or who has its key, makes an attestation that lasts an hour.
 * An application that accepts any `expires` in the future must remember nonces that long, and a recording lives as long.
 */
export const longLivedAttestation = attack({
  kind: 'forge',
  id: 'HOP-03d',
  title: 'A hop may attest for an hour',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.stale'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { expiresOffset: 3_600 })],
})
