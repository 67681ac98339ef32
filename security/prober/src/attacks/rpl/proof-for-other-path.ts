import { attack } from '../../attack.js'

/**
 * The thief intercepts a proof that the victim made for a harmless path, and uses it for this one.
 * A server that compares only the host of `htu`, or nothing of it, accepts it.
 */
export const proofForOtherPath = attack({
  kind: 'forge',
  id: 'RPL-07b',
  title: 'A proof for one path works for another',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner({ ...honest, target: '/harmless' })] }],
})
