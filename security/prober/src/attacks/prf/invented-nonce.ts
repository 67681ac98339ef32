import { attack } from '../../attack.js'

/**
 * The proof has a nonce that the client invented.
 * A server that only looks whether there is one is not in control of the age of proofs.
 */
export const inventedNonce = attack({
  kind: 'forge',
  id: 'PRF-09',
  title: 'A nonce that the server never gave is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-10'],
  prod: 'P1',
  needs: ['dpop', 'nonce'],
  expect: 'refused',
  refusedAs: ['proof.nonce'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { nonce: kit.random() })] }],
})
