import { attack } from '../../attack.js'

/**
 * The thief sends a stolen bound token under the DPoP scheme and leaves the proof out.
 * A server that checks a proof only when there is one treats the token as a bearer token.
 */
export const noProof = attack({
  kind: 'forge',
  id: 'TOK-01',
  title: 'A stolen token works without any proof',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.missing'],
  forge: (honest) => [{ ...honest, dpop: [] }],
})
