import { attack } from '../../attack.js'

/**
 * The proof gives its time as text that is no number.
 * Every comparison with it is false, so a server that refuses only what is too old refuses nothing.
 */
export const timeAsText = attack({
  kind: 'forge',
  id: 'PRF-04c',
  title: 'A proof with a time that is no number is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-3'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { iat: 'now' })] }],
})
