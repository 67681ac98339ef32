import { attack } from '../../attack.js'

/**
 * Nobody attacks: the algorithms that the issuer offers for proofs are read.
 * An issuer that offers `none`, shared secrets or SHA-1 invites what no proof of possession survives.
 */
export const weakAlgorithmsOffered = attack({
  kind: 'scripted',
  id: 'ISS-10',
  title: 'The issuer offers algorithms that prove nothing',
  control: 'POP-ID-02',
  layer: 'identity',
  spec: ['RFC9449§5.1', 'RFC9449§11.6'],
  prod: 'P1',
  needs: ['issuer', 'dpop'],
  // Scripted, since the metadata are not an answer to a forged request.
  run: async ({ metadata }) => {
    const algs = [(await metadata())['dpop_signing_alg_values_supported']].flat().map(String)
    const weak = algs.filter((alg) => /^(?:none|HS\d+|RS1)$/i.test(alg))
    if (weak.length > 0) return { outcome: 'breached', reason: `the metadata offer ${weak.join(', ')} for proofs`, place: 'issuer' }
    return { outcome: 'held', reason: 'the metadata offer no weak algorithm' }
  },
})
