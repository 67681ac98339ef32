import { attack } from '../../attack.js'

/**
 * The proof demands by `crit` that the reader understands an extension, which nobody does.
 * A server that ignores `crit` ignores whatever else the signer meant by it.
 */
export const criticalExtension = attack({
  kind: 'forge',
  id: 'PRF-15a',
  title: 'A proof that demands an unknown extension is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC7515§4.1.11'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.critical'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { crit: ['exp'], exp: 0 })] }],
})
