import { attack } from '../../attack.js'

/**
 * The thief writes two schemes and one token into the Authorization field, without a proof.
 * A server that searches the field for the word it knows finds Bearer and forgets the rest.
 */
export const twoSchemesInOne = attack({
  kind: 'forge',
  id: 'DWN-02c',
  title: 'A field with two schemes falls through to Bearer',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9110§11.4'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.authorization'],
  forge: (honest, kit) => [{ ...honest, authorization: [`DPoP, Bearer ${kit.token.value}`], dpop: [] }],
})
