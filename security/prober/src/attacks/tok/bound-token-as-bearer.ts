import { attack } from '../../attack.js'

/**
 * The thief sends a stolen bound token under the old Bearer scheme, where nobody asks for a proof.
 * A server that picks its checks by the scheme, and not by what the token is bound to, lets it in.
 */
export const boundTokenAsBearer = attack({
  kind: 'forge',
  id: 'TOK-02',
  title: 'A bound token is accepted as a bearer token',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.2'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.scheme'],
  forge: (honest, kit) => [{ ...honest, authorization: [`Bearer ${kit.token.value}`], dpop: [] }],
})
