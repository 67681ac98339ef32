import { attack } from '../../attack.js'

/**
 * The time of the proof is a number that no computer holds.
 * Comparisons with infinity or with what is no number may answer yes to any limit.
 */
export const numberBeyondRange = attack({
  kind: 'forge',
  id: 'FOP-02b',
  title: 'A proof with numbers beyond all range is let in',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-2'],
  prod: 'P3',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed', 'proof.incomplete', 'proof.early', 'proof.stale', 'proof.signature'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { iat: 1e308 })] }],
})
