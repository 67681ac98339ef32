import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief writes in capitals the path that the proof names in small letters.
 * Routers that do not tell case apart serve it, and rules of the gateway for the one spelling do not see it.
 */
export const pathInCapitals = attack({
  kind: 'forge',
  id: 'URL-05b',
  title: 'A path in capitals passes for the one in the proof',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§6.2.2.1', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => path.toUpperCase())],
})
