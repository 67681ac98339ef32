import { attack } from '../../attack.js'

/**
 * The proof has no `jti`.
 * A server that remembers identifiers and finds none has nothing to remember, so the proof works for ever.
 */
export const noIdentifier = attack({
  kind: 'forge',
  id: 'PRF-07a',
  title: 'A proof without an identifier is accepted',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§4.3-3'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.incomplete'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { jti: undefined })] }],
})
