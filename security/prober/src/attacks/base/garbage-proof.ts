import { attack } from '../../attack.js'

/**
 * The thief has a stolen token and fills the DPoP field with noise.
 * A hop that only looks whether the field is there, and never into it, lets the token through.
 */
export const garbageProof = attack({
  kind: 'forge',
  id: 'BASE-03',
  title: 'Any text passes for a proof',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed'],
  forge: (honest, kit) => [{ ...honest, dpop: [`${kit.random()}.${kit.random()}.${kit.random()}`] }],
})
