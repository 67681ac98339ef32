import { attack } from '../../attack.js'

/**
 * The client writes two credentials into one Authorization field, with a comma between.
 * A server that splits there picks one, and the next hop may pick the other.
 */
export const twoCredentialsInOneField = attack({
  kind: 'forge',
  id: 'HDR-04',
  title: 'Two credentials in one field are accepted',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9110§11.4'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.authorization'],
  forge: (honest, kit) => [{ ...honest, authorization: [`${honest.authorization.join()}, Bearer ${kit.token.value}`] }],
})
