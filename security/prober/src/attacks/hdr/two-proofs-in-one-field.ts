import { attack } from '../../attack.js'

/**
 * The attacker writes two proofs into one field, with a comma between, as a gateway that merges fields would.
 * A server that splits at the comma takes whichever it likes better.
 */
export const twoProofsInOneField = attack({
  kind: 'forge',
  id: 'HDR-02',
  title: 'Two proofs in one field are accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed', 'proof.repeated'],
  forge: (honest, kit) => [{ ...honest, dpop: [[...honest.dpop, kit.owner(honest)].join(', ')] }],
})
