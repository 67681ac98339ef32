import { attack } from '../../attack.js'

/**
 * The proof claims to be made an hour from now; somebody who had the key for a minute can prepare a day's worth.
 * A server that only asks whether a proof is too old accepts it, and goes on doing so until then.
 */
export const futureProof = attack({
  kind: 'forge',
  id: 'PRF-04b',
  title: 'A proof made in advance is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-11', 'RFC9449§11.2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.early'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { iat: kit.now + 3_600 })] }],
})
