import { attack } from '../../attack.js'

/**
 * The client sends a bound token under Bearer, with a valid proof beside it.
 * A server that accepts the mixture lets its clients and libraries go on as if binding did not exist, and the proof may as well be missing.
 */
export const bearerWithProof = attack({
  kind: 'forge',
  id: 'DWN-03',
  title: 'A bound token passes as Bearer when a proof lies beside it',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.2'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.scheme'],
  forge: (honest, kit) => [{ ...honest, authorization: [`Bearer ${kit.token.value}`] }],
})
