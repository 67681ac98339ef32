import { attack } from '../../attack.js'

/**
 * The proof names a path below the one requested.
 * A server that asks only whether one begins with the other is satisfied.
 */
export const otherPath = attack({
  kind: 'forge',
  id: 'PRF-02a',
  title: 'A proof for a longer path is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htu: `${kit.base}${honest.target.split('?')[0]}/below` })] }],
})
