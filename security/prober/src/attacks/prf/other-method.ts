import { attack } from '../../attack.js'

/**
 * The proof names a method that the request does not have.
 * A server that ignores `htm` lets a proof for a harmless call pass for a harmful one.
 */
export const otherMethod = attack({
  kind: 'forge',
  id: 'PRF-01a',
  title: 'A proof with the wrong method is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-8'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htm: 'DELETE' })] }],
})
