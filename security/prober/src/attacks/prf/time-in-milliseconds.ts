import { attack } from '../../attack.js'

/**
 * The proof gives its time in milliseconds, which read as seconds lies tens of thousands of years ahead.
 * A server that only asks whether a proof is too old accepts it for ever.
 */
export const timeInMilliseconds = attack({
  kind: 'forge',
  id: 'PRF-04d',
  title: 'A proof that never grows old is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-11', 'RFC7519§2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.early'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { iat: kit.now * 1_000 })] }],
})
