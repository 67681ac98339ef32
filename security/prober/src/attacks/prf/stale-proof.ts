import { attack } from '../../attack.js'

/**
 * The proof was made an hour ago.
 * A server that never looks at `iat` gives a thief all the time in the world.
 */
export const staleProof = attack({
  kind: 'forge',
  id: 'PRF-04a',
  title: 'A proof of an hour ago is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-11'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.stale'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { iat: kit.now - 3_600 })] }],
})
