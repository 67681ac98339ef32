import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief goes into a directory and out again with two dots and an escaped slash.
 * A server that undoes escapes before it compares takes this for the path of the proof, and the gateway saw another.
 */
export const escapedClimb = attack({
  kind: 'forge',
  id: 'URL-03a',
  title: 'An escaped slash climbs out of a directory after the proof was checked',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§6.2.2.2', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => path.replace(/\/(?=[^/]+$)/, '/public/..%2f'))],
})
