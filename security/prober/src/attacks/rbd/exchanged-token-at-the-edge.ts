import { attack } from '../../attack.js'
import { refusal } from '../refusal.js'

/**
 * A hop takes the token that it was given for the next one, and brings it to the edge with a proof of its own key.
 * An edge that does not compare the audience lets one hop enter as every client that it ever served.
 */
export const exchangedTokenAtTheEdge = attack({
  kind: 'scripted',
  id: 'RBD-05b',
  title: 'An exchanged token works in front of the hop too',
  control: 'POP-AP-01',
  layer: 'platform',
  spec: ['RFC9068§4', 'RFC9700§2.3'],
  prod: 'P2',
  needs: ['dpop', 'exchange'],
  // Scripted, since the token must be exchanged before it can be tried.
  run: async ({ exchange, kit, honest, send }) => {
    const { token, status } = await exchange()
    if (!token || !kit.exchanger?.key) return { outcome: 'inconclusive', reason: `the issuer answered ${status}` }
    const request = { ...honest(), authorization: [`DPoP ${token.value}`] }
    const [path = ''] = request.target.split('?', 1)
    const answer = await send({ ...request, dpop: [kit.exchanger.key.sign(request, { htu: kit.base + path })] })
    return answer.accepted
      ? { outcome: 'breached', reason: 'let in with a token for the next hop', place: kit.exchanger.hop }
      : refusal(answer, ['token.audience'])
  },
})
