import { attack } from '../../attack.js'

/**
 * The proof names the method in lower case, which in HTTP is another method.
 * A server that folds case compares something else than what the hops before it compared.
 */
export const lowerCaseMethod = attack({
  kind: 'forge',
  id: 'PRF-01b',
  title: 'A method in lower case is taken for the real one',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-8', 'RFC9110§9.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htm: honest.method.toLowerCase() })] }],
})
