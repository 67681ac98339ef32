import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * A hop asks for a scope that the client's token does not have, and looks at how long the new token lives.
 * An exchange that widens either makes of the hop a second issuer.
 */
export const widerExchange = attack({
  kind: 'scripted',
  id: 'RBD-06',
  title: 'An exchange widens the scope or the life of a token',
  control: 'POP-ID-06',
  layer: 'identity',
  spec: ['RFC8693§2.1', 'RFC8693§2.2.1'],
  prod: 'P2',
  needs: ['dpop', 'exchange', 'issuer'],
  // Scripted, since the answer of the issuer is what is looked at.
  run: async ({ exchange, kit }) => {
    const { token, status } = await exchange()
    if (!token) return { outcome: 'inconclusive', reason: `the issuer answered ${status}`, place: 'issuer' }
    if (!(Number(token.claims['exp']) <= Number(kit.token.claims['exp'])))
      return { outcome: 'breached', reason: 'the exchanged token outlives the one that it came from', place: 'issuer' }
    return issuerVerdict(await exchange({ form: { scope: 'everyhop-wider' } }), 'the issuer gave a scope that the client does not have')
  },
})
