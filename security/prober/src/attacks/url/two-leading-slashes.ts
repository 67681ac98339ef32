import { attack } from '../../attack.js'
import { onPath } from '../on-path.js'

/**
 * The thief puts a second slash before the path that the proof names.
 * A hop that merges slashes and one that does not disagree about what was asked for.
 */
export const twoLeadingSlashes = attack({
  kind: 'forge',
  id: 'URL-02a',
  title: 'A path with two slashes at its start passes for the one in the proof',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§3.3', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'request.target', 'route.undeclared'],
  forge: (honest) => [onPath(honest, (path) => `/${path}`)],
})
