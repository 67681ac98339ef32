import { attack } from '../../attack.js'

/**
 * The proof names our host on another port, where somebody else may be listening.
 * A server that compares host names and forgets the port accepts what was meant for its neighbour.
 */
export const otherPort = attack({
  kind: 'forge',
  id: 'PRF-02d',
  title: 'A proof for another port is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => {
    const { protocol, hostname } = new URL(kit.base)
    return [{ ...honest, dpop: [kit.owner(honest, { htu: `${protocol}//${hostname}:9${honest.target.split('?')[0]}` })] }]
  },
})
