import { attack } from '../../attack.js'

/**
 * Nobody attacks: what the issuer says of itself is compared with the manifest.
 * Clients and servers configure themselves by this document, so a wrong name or a missing algorithm breaks the chain before it starts.
 */
export const issuerMetadata = attack({
  kind: 'scripted',
  id: 'BASE-05',
  title: "The issuer's metadata do not say what the manifest says",
  control: 'POP-ID-02',
  layer: 'identity',
  spec: ['RFC8414§3.3', 'RFC9449§5.1'],
  prod: 'P1',
  needs: ['issuer', 'dpop'],
  // Scripted, since the metadata are not an answer to a forged request.
  run: async ({ metadata, chain }) => {
    const said = await metadata()
    if (said['issuer'] !== chain.issuer.url) return { outcome: 'breached', reason: 'the metadata name another issuer', place: 'issuer' }
    const algs = said['dpop_signing_alg_values_supported']
    const missing = chain.policy.proofAlgs.filter((alg) => !Array.isArray(algs) || !algs.includes(alg))
    if (missing.length > 0) return { outcome: 'breached', reason: `the metadata do not offer ${missing.join(', ')} for proofs`, place: 'issuer' }
    return { outcome: 'held', reason: 'the metadata agree with the manifest' }
  },
})
