import { attack } from '../../attack.js'
import { atApplication } from '../at-application.js'

/**
 * The client takes its valid token and proof straight to the listener of the application, around every hop.
 * Where nothing keeps it out, and the application does not ask how the request came, all that the hops enforce is optional.
 */
export const aroundTheGateway = attack({
  kind: 'forge',
  id: 'DIR-01',
  title: 'The application answers who reaches it around the gateway',
  control: 'POP-PL-04',
  layer: 'platform',
  spec: ['RFC9440§4', 'RFC9700§4.13'],
  prod: 'P1',
  needs: ['direct-ingress', 'attested'],
  expect: 'refused',
  refusedAs: ['path.unattested'],
  forge: (honest, kit) => [atApplication(honest, kit)],
})
