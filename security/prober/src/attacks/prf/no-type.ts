import { attack } from '../../attack.js'

/**
 * The proof does not say that it is one.
 * A server that does not ask accepts any JWT that the client's key signed for some other purpose.
 */
export const noType = attack({
  kind: 'forge',
  id: 'PRF-11a',
  title: 'A proof without its type is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.typ'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { typ: undefined })] }],
})
