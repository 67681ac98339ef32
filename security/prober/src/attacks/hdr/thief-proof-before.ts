import { attack } from '../../attack.js'

/**
 * The thief puts a proof of their own in front of a captured valid one.
 * A server that keeps the last field of a name never looks at what a hop before it has looked at.
 */
export const thiefProofBefore = attack({
  kind: 'forge',
  id: 'HDR-01c',
  title: 'A first, false proof rides along before a valid one',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.repeated', 'proof.malformed'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.thief(honest), ...honest.dpop] }],
})
