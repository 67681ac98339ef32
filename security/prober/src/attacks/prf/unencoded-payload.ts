import { attack } from '../../attack.js'

/**
 * The proof says that its payload is not encoded, so that two readers see two payloads.
 * A server that ignores the demand verifies one of them and believes the other.
 */
export const unencodedPayload = attack({
  kind: 'forge',
  id: 'PRF-15b',
  title: 'A proof that says its payload is not encoded is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC7797§3', 'RFC7515§4.1.11'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.critical'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { crit: ['b64'], b64: false })] }],
})
