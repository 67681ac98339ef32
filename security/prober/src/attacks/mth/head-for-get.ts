import { attack } from '../../attack.js'

/**
 * The thief has a proof for a GET and sends HEAD.
 * Servers that make HEAD of GET may compare the proof with the method that they made of it.
 */
export const headForGet = attack({
  kind: 'forge',
  id: 'MTH-03a',
  title: 'A proof for GET is good for HEAD',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9110§9.3.2', 'RFC9449§4.3-8'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [{ ...honest, method: 'HEAD', dpop: [kit.owner(honest)] }],
})
