import { attack } from '../../attack.js'

/**
 * The attacker, a client of ours, sends a `jti` of two thousand characters.
 * A replay store that keeps identifiers as they come can be filled until it forgets, or falls over.
 */
export const hugeIdentifier = attack({
  kind: 'forge',
  id: 'PRF-07d',
  title: 'A client decides how much memory a proof costs',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.jti'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { jti: 'x'.repeat(2_000) })] }],
})
