import { attack } from '../../attack.js'

/**
 * The client sends two Authorization fields, first DPoP with a valid proof and then Bearer.
 * Node keeps the first and other servers the last, so two hops decide on different credentials.
 */
export const bearerAfterDpop = attack({
  kind: 'forge',
  id: 'HDR-03a',
  title: 'A request with two credentials is accepted, DPoP before Bearer',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.2'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.authorization'],
  forge: (honest, kit) => [{ ...honest, authorization: [...honest.authorization, `Bearer ${kit.token.value}`] }],
})
