import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * A client that is no hop brings a token to the issuer, and says of itself that it received the request.
 * An issuer that lets anybody exchange lets every client act for every other.
 */
export const exchangeByStranger = attack({
  kind: 'scripted',
  id: 'RBD-03',
  title: 'A client that is no hop exchanges the tokens of others',
  control: 'POP-ID-06',
  layer: 'identity',
  spec: ['RFC8693§4.4', 'RFC8693§5'],
  prod: 'P2',
  needs: ['dpop', 'exchange', 'issuer'],
  // Scripted, since it is the issuer that is asked, and not the chain.
  run: async ({ exchange }) => issuerVerdict(await exchange({ as: 'thief' }), 'the issuer exchanged a token for a client that is no hop'),
})
