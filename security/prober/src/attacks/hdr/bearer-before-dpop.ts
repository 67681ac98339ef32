import { attack } from '../../attack.js'

/**
 * The client sends two Authorization fields, first Bearer and then DPoP with a valid proof.
 * Node keeps the first and other servers the last, so two hops decide on different credentials.
 */
export const bearerBeforeDpop = attack({
  kind: 'forge',
  id: 'HDR-03b',
  title: 'A request with two credentials is accepted, Bearer before DPoP',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.2'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.authorization'],
  forge: (honest, kit) => [{ ...honest, authorization: [`Bearer ${kit.token.value}`, ...honest.authorization] }],
})
