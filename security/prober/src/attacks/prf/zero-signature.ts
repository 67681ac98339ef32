import { attack } from '../../attack.js'

/**
 * The thief writes the victim's public key into a proof, with a signature of zeros.
 * Libraries have accepted it: zero satisfies the equation where nobody checks that the numbers are in range.
 */
export const zeroSignature = attack({
  kind: 'forge',
  id: 'PRF-14a',
  title: 'A signature of zeros is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-6'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.signature'],
  forge: (honest, kit) => {
    const [header, claims] = kit.thief(honest, {}, { jwk: kit.jwk('owner') }).split('.')
    return [{ ...honest, dpop: [`${header}.${claims}.${Buffer.alloc(64).toString('base64url')}`] }]
  },
})
