import { attack } from '../../attack.js'

/**
 * The thief sends a stolen token under a scheme that merely begins like a known one, without a proof.
 * A server that matches by prefix, or takes all schemes but DPoP for Bearer, reads the token and asks for nothing.
 */
export const unknownScheme = attack({
  kind: 'forge',
  id: 'DWN-02b',
  title: 'A scheme that nobody knows is taken for Bearer',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.scheme'],
  forge: (honest, kit) => [{ ...honest, authorization: [`DPoPX ${kit.token.value}`], dpop: [] }],
})
