import { attack } from '../../attack.js'

/**
 * The proof has an empty `jti`.
 * A server that skips its replay store for an empty identifier accepts the proof for ever.
 */
export const emptyIdentifier = attack({
  kind: 'forge',
  id: 'PRF-07b',
  title: 'A proof with an empty identifier is accepted',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.jti', 'proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { jti: '' })] }],
})
