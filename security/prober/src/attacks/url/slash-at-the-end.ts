import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief adds a slash at the end of the path that the proof names.
 * Frameworks that take both for one route leave the comparison with the proof to chance.
 */
export const slashAtTheEnd = attack({
  kind: 'forge',
  id: 'URL-05a',
  title: 'A path with a slash at its end passes for the one in the proof',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§6.2.1', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => `${path}/`)],
})
