import { attack } from '../../attack.js'

/**
 * A hop exchanges a token honestly and looks at who the new one says is acting.
 * Where it names nobody, or somebody else, the application cannot know over whom the request came.
 */
export const actorOfExchangedToken = attack({
  kind: 'scripted',
  id: 'RBD-04',
  title: 'An exchanged token does not name the hop as its actor',
  control: 'POP-ID-06',
  layer: 'identity',
  spec: ['RFC8693§4.1'],
  prod: 'P2',
  needs: ['dpop', 'exchange', 'issuer'],
  // Scripted, since the answer of the issuer is what is looked at.
  run: async ({ exchange, kit }) => {
    const { token, status } = await exchange()
    if (!token) return { outcome: 'inconclusive', reason: `the issuer answered ${status}`, place: 'issuer' }
    const act = token.claims['act']
    const current = typeof act === 'object' && act !== null ? (act as { readonly sub?: unknown }).sub : undefined
    if (current === kit.exchanger?.hop) return { outcome: 'held', reason: 'its current actor is the hop', place: 'issuer' }
    return { outcome: 'breached', reason: `the exchanged token names ${current === undefined ? 'no actor' : 'another actor'}`, place: 'issuer' }
  },
})
