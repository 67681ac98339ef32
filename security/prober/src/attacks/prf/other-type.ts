import { attack } from '../../attack.js'

/**
 * The proof calls itself a plain JWT.
 * A server that does not ask for its kind accepts what the client's key signed for some other purpose.
 */
export const otherType = attack({
  kind: 'forge',
  id: 'PRF-11b',
  title: 'A JWT of another kind is accepted as a proof',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-4', 'RFC8725§3.11'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.typ'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { typ: 'JWT' })] }],
})
