import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief doubles a slash inside the path that the proof names.
 * A rule of the gateway for the one spelling does not see the other, and the application takes both for one.
 */
export const twoSlashesInside = attack({
  kind: 'forge',
  id: 'URL-02b',
  title: 'A path with two slashes in a row passes for the one in the proof',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§3.3', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => path.replace(/\/(?=[^/]+$)/, '//'))],
})
