import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief adds a parameter behind a semicolon to the path that the proof names.
 * Some frameworks drop such parameters before they choose a route, and gateways do not.
 */
export const parametersInPath = attack({
  kind: 'forge',
  id: 'URL-04',
  title: 'A parameter behind a semicolon makes another path pass for the one in the proof',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§3.3', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => `${path};x=1`)],
})
