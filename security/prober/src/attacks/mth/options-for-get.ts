import { attack } from '../../attack.js'

/**
 * The thief has a proof for a GET and sends OPTIONS.
 * Parts that let preflights of browsers through without credentials let the resource answer them.
 */
export const optionsForGet = attack({
  kind: 'forge',
  id: 'MTH-03b',
  title: 'A proof for GET is good for OPTIONS',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9110§9.3.7', 'RFC9449§4.3-8'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [{ ...honest, method: 'OPTIONS', dpop: [kit.owner(honest)] }],
})
