import { attack } from '../../attack.js'

/**
 * The thief writes a proof with the victim's public key, `alg` set to `none`, and a signature of nothing.
 * A server that lets the proof choose its algorithm finds that there is nothing to verify.
 */
export const unsignedProof = attack({
  kind: 'forge',
  id: 'PRF-12a',
  title: 'A proof that nobody signed is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-5', 'RFC8725§3.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.alg', 'proof.malformed'],
  forge: (honest, kit) => {
    const [header, claims] = kit.thief(honest, {}, { alg: 'none', jwk: kit.jwk('owner') }).split('.')
    return [{ ...honest, dpop: [`${header}.${claims}.AA`] }]
  },
})
