import { attack } from '../../attack.js'

/**
 * The proof names a path without scheme and host.
 * A server that resolves it against the request it has just received makes it fit anywhere.
 */
export const relativeTarget = attack({
  kind: 'forge',
  id: 'PRF-02e',
  title: 'A proof that names no host is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htu: honest.target.split('?')[0] })] }],
})
