import { attack } from '../../attack.js'

/**
 * A careless client publishes its private key in the header of each proof.
 * A server that accepts such proofs lets the mistake live on until somebody reads a log and takes the key.
 */
export const publishedPrivateKey = attack({
  kind: 'forge',
  id: 'KEY-03',
  title: 'A client may publish its private key unnoticed',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-7'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.private-key'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { jwk: { ...kit.jwk('owner'), d: Buffer.alloc(32, 1).toString('base64url') } })] }],
})
