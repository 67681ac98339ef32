import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * A client that is registered for bound tokens asks for one without a proof.
 * An issuer that makes the binding the client's choice gives out bearer tokens to whoever asks for them.
 */
export const tokenWithoutProof = attack({
  kind: 'scripted',
  id: 'ISS-01',
  title: 'The issuer gives an unbound token to a client that must be bound',
  control: 'POP-ID-01',
  layer: 'identity',
  spec: ['RFC9449§5.2'],
  prod: 'P2',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ token }) => issuerVerdict(await token({ proof: 'none' }), 'a token request without a proof was granted'),
})
