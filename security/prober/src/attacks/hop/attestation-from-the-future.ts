import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The hop, or who had its key for a moment, dates an attestation five minutes ahead.
 * An application that only asks whether it has expired accepts a supply that was made in advance.
 */
export const attestationFromTheFuture = attack({
  kind: 'forge',
  id: 'HOP-11',
  title: 'An attestation made in the future is accepted',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.early'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { createdOffset: 300, expiresOffset: 310 })],
})
