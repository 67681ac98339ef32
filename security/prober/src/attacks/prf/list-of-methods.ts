import { attack } from '../../attack.js'

/**
 * The proof names a list of methods instead of one.
 * A server that asks whether the list includes the method has been handed a master key.
 */
export const listOfMethods = attack({
  kind: 'forge',
  id: 'PRF-01c',
  title: 'One proof serves for several methods',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-3'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htm: [honest.method, 'POST', 'DELETE'] })] }],
})
