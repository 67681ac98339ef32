import { attack } from '../../attack.js'
import { atApplication } from '../at-application.js'

/**
 * The thief captures a proof that the edge has already accepted and takes it straight to the application.
 * An application that leaves replay to the edge, and answers whoever reaches it, accepts it a second time.
 */
export const usedProofAtTheApplication = attack({
  kind: 'forge',
  id: 'RPL-06',
  title: 'A proof spent at the edge works again at the application',
  control: 'POP-PL-04',
  layer: 'platform',
  spec: ['RFC9449§11.1'],
  prod: 'P2',
  needs: ['dpop', 'direct-ingress', 'kept-proof'],
  expect: 'refused',
  refusedAs: ['path.unattested', 'proof.replayed'],
  forge: (honest, kit) => [honest, atApplication(honest, kit)],
})
