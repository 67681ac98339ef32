import { attack } from '../../attack.js'

/**
 * The identifier of the proof is a thousand lists in one another.
 * A parser that runs out of stack ends in an error, and a verifier that fails open takes an error for a yes.
 */
export const deepProof = attack({
  kind: 'forge',
  id: 'FOP-02a',
  title: 'A proof that is nested very deep is let in',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-2'],
  prod: 'P3',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed', 'proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { jti: JSON.parse('['.repeat(1_000) + ']'.repeat(1_000)) as unknown })] }],
})
