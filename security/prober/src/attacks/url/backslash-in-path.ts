import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief writes a backslash in place of the last slash of the path that the proof names.
 * Parsers made for browsers turn it into a slash, and gateways do not.
 */
export const backslashInPath = attack({
  kind: 'forge',
  id: 'URL-05e',
  title: 'A backslash passes for a slash',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§3.3', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => path.replace(/\/(?=[^/]+$)/, '\\'))],
})
