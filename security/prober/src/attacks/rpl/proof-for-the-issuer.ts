import { attack } from '../../attack.js'

/**
 * The thief intercepts the proof of a token request, which names the issuer and no token, and shows it here.
 * A server that verifies the signature and the key, and no more, accepts a proof that was never meant for it.
 */
export const proofForTheIssuer = attack({
  kind: 'forge',
  id: 'RPL-10',
  title: 'A proof made for the issuer works at the API',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-12'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.incomplete', 'proof.method', 'proof.target'],
  forge: (honest, kit) => {
    const htu = `${String(kit.token.claims['iss']).replace(/\/$/, '')}/token`
    return [{ ...honest, dpop: [kit.owner(honest, { htm: 'POST', htu, ath: undefined })] }]
  },
})
