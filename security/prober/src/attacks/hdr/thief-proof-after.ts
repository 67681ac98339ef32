import { attack } from '../../attack.js'

/**
 * The thief adds a proof of their own behind a captured valid one.
 * A server that keeps the first field of a name never looks at what a hop before it has looked at.
 */
export const thiefProofAfter = attack({
  kind: 'forge',
  id: 'HDR-01b',
  title: 'A second, false proof rides along behind a valid one',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.repeated', 'proof.malformed'],
  forge: (honest, kit) => [{ ...honest, dpop: [...honest.dpop, kit.thief(honest)] }],
})
