import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief adds .json to the path that the proof names.
 * Frameworks that choose a format by suffix drop it before they choose a route.
 */
export const suffixOnPath = attack({
  kind: 'forge',
  id: 'URL-05c',
  title: 'A path with a suffix of a format passes for the one in the proof',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§6.2.1', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => `${path}.json`)],
})
