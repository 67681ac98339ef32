import { attack } from '../../attack.js'

/**
 * The thief writes the victim's public key into the proof and signs with a key of their own.
 * A server that compares thumbprints but never verifies the signature believes that the victim signed.
 */
export const claimedKey = attack({
  kind: 'forge',
  id: 'KEY-02',
  title: "The victim's public key is enough, without the private one",
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-6'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.signature'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.thief(honest, {}, { jwk: kit.jwk('owner') })] }],
})
