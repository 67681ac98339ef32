import { attack } from '../../attack.js'

/**
 * A hop exchanges a token honestly and looks at whose key the new one is bound to.
 * A token that keeps the client's key, or has none, can be used by nobody or by anybody behind the hop.
 */
export const keyOfExchangedToken = attack({
  kind: 'scripted',
  id: 'RBD-02',
  title: 'An exchanged token is not bound to the key of the hop',
  control: 'POP-ID-06',
  layer: 'identity',
  spec: ['RFC8693§2.2.1', 'RFC9449§6'],
  prod: 'P2',
  needs: ['dpop', 'exchange', 'issuer'],
  // Scripted, since the answer of the issuer is what is looked at.
  run: async ({ exchange, kit }) => {
    const { token, status } = await exchange()
    if (!token) return { outcome: 'inconclusive', reason: `the issuer answered ${status}`, place: 'issuer' }
    const cnf = token.claims['cnf']
    const jkt = typeof cnf === 'object' && cnf !== null ? (cnf as { readonly jkt?: unknown }).jkt : undefined
    if (jkt === kit.exchanger?.key?.jkt) return { outcome: 'held', reason: 'it is bound to the key that the hop has proven', place: 'issuer' }
    return { outcome: 'breached', reason: `the exchanged token is bound to ${jkt === undefined ? 'nothing' : 'another key'}`, place: 'issuer' }
  },
})
