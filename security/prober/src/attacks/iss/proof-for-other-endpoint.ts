import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * The thief has a proof that the client made for an API and shows it to the issuer.
 * An issuer that ignores `htu` binds a new token to the key of somebody who never asked for it.
 */
export const proofForOtherEndpoint = attack({
  kind: 'scripted',
  id: 'ISS-03a',
  title: 'The issuer accepts a proof that was made for an API',
  control: 'POP-AP-03',
  layer: 'identity',
  spec: ['RFC9449§5', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ kit, honest, token }) =>
    issuerVerdict(await token({ proof: () => kit.owner(honest()) }), 'a token request with the proof for an API was granted'),
})
