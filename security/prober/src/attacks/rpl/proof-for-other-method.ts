import { attack } from '../../attack.js'

/**
 * The thief intercepts a proof that the victim made for a POST, and uses it for a GET of the same resource.
 * A server that does not compare `htm` with the method of the request accepts it.
 */
export const proofForOtherMethod = attack({
  kind: 'forge',
  id: 'RPL-07a',
  title: 'A proof for one method works for another',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-8'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner({ ...honest, method: 'POST' })] }],
})
