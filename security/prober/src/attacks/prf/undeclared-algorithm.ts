import { attack } from '../../attack.js'

/**
 * The proof names an algorithm that nobody declared, over a signature by the right key.
 * A server that takes the algorithm from the key and never reads the name accepts more than it advertises.
 */
export const undeclaredAlgorithm = attack({
  kind: 'forge',
  id: 'PRF-13',
  title: 'An algorithm that nobody declared is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-5', 'RFC8725§3.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.alg'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { alg: 'ES256K' })] }],
})
