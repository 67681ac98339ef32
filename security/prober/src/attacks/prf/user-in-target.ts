import { attack } from '../../attack.js'

/**
 * The proof names a user in front of the host.
 * Two parsers that disagree about where the host begins see two different targets.
 */
export const userInTarget = attack({
  kind: 'forge',
  id: 'PRF-02f',
  title: 'A proof whose target hides the host behind a user is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9', 'RFC3986§3.2.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htu: `${kit.base.replace('//', '//thief@')}${honest.target.split('?')[0]}` })] }],
})
