import { attack } from '../../attack.js'

/**
 * The proof has no nonce, although the server demands one.
 * A server that checks the nonce only where it is given still accepts proofs that were made in advance.
 */
export const noNonce = attack({
  kind: 'forge',
  id: 'PRF-08',
  title: 'A proof without the demanded nonce is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§9'],
  prod: 'P1',
  needs: ['dpop', 'nonce'],
  expect: 'refused',
  refusedAs: ['proof.nonce-missing'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { nonce: undefined })] }],
})
