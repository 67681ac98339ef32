import { attack } from '../../attack.js'

/**
 * The thief sends a false proof and lists DPoP in the Connection field, which tells a proxy to remove it before it forwards.
 * An application that demands a proof only where it sees one then finds nothing to object to.
 */
export const proofListedInConnection = attack({
  kind: 'forge',
  id: 'HDR-06',
  title: 'A client can have the proof removed on the way',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9110§7.6.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.other-key', 'proof.missing'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.thief(honest)], fields: [...honest.fields, ['Connection', 'close, DPoP']] }],
})
