import { attack } from '../../attack.js'

/**
 * The proof does not say which token it belongs to.
 * A server that compares `ath` only where it is given lets one proof serve for every token of the key.
 */
export const noTokenHash = attack({
  kind: 'forge',
  id: 'PRF-06a',
  title: 'A proof without the hash of its token is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-12'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { ath: undefined })] }],
})
