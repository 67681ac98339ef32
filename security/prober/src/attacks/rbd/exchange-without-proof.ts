import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * A hop brings a stolen token to the issuer and shows nothing of the client's key.
 * An issuer that exchanges it makes of a bound token, which the thief cannot use, one that the hop can.
 */
export const exchangeWithoutProof = attack({
  kind: 'scripted',
  id: 'RBD-01',
  title: 'A bound token is exchanged without proof of its key',
  control: 'POP-ID-06',
  layer: 'identity',
  spec: ['RFC8693§2.1', 'RFC9449§5'],
  prod: 'P2',
  needs: ['dpop', 'exchange', 'issuer'],
  // Scripted, since it is the issuer that is asked, and not the chain.
  run: async ({ exchange }) => issuerVerdict(await exchange({ evidence: { proof: undefined } }), 'the issuer exchanged a bound token without proof of its key'),
})
