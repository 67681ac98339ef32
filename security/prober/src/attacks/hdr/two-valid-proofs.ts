import { attack } from '../../attack.js'

/**
 * The attacker sends two valid proofs in two DPoP fields.
 * Where one hop reads the first and the next reads the last, each has checked another proof than the one that counts.
 */
export const twoValidProofs = attack({
  kind: 'forge',
  id: 'HDR-01a',
  title: 'A request with two proofs is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.repeated', 'proof.malformed'],
  forge: (honest, kit) => [{ ...honest, dpop: [...honest.dpop, kit.owner(honest)] }],
})
