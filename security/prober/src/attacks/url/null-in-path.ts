import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief adds an escaped null and more to the path that the proof names.
 * A part that was written in C ends the path there, and one that was not goes on.
 */
export const nullInPath = attack({
  kind: 'forge',
  id: 'URL-05d',
  title: 'An escaped null ends a path early for one hop only',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§7.3', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => `${path}%00.png`)],
})
