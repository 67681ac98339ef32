import { attack } from '../../attack.js'

/**
 * The proof does not say when it was made.
 * A server that checks the age of a proof only where it is given has none to check.
 */
export const noTime = attack({
  kind: 'forge',
  id: 'PRF-04e',
  title: 'A proof without a time is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-3'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { iat: undefined })] }],
})
