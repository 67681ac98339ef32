import { attack } from '../../attack.js'
import { atApplication } from '../at-application.js'

/**
 * The client takes a fresh token and proof to the application under the name of its gateway, and has no attestation to show.
 * An application that checks an attestation only where there is one accepts the request.
 */
export const noAttestation = attack({
  kind: 'forge',
  id: 'HOP-01a',
  title: 'The application accepts what no hop has attested',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['attested', 'direct-ingress'],
  expect: 'refused',
  refusedAs: ['path.unattested'],
  forge: (honest, kit) => [atApplication(honest, kit)],
})
