import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief escapes the dots twice, so that they appear only when a second hop undoes escapes again.
 * Each hop is right by itself, and together they serve another path than the one decided.
 */
export const twiceEscapedClimb = attack({
  kind: 'forge',
  id: 'URL-03b',
  title: 'An escape of an escape climbs out of a directory after the proof was checked',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§2.4', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => path.replace(/\/(?=[^/]+$)/, '/public/%252e%252e/'))],
})
