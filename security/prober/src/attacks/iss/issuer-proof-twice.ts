import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * The thief captures the proof of a token request and shows it to the issuer again.
 * An issuer that does not remember proofs lets one proof obtain any number of tokens.
 */
export const issuerProofTwice = attack({
  kind: 'scripted',
  id: 'ISS-03c',
  title: 'One proof obtains two tokens',
  control: 'POP-AP-02',
  layer: 'identity',
  spec: ['RFC9449§11.1'],
  prod: 'P1',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the issuer's answers to two token requests that are judged.
  run: async ({ kit, token }) => {
    const jti = kit.random()
    const proof = (exchange: Parameters<typeof kit.owner>[0], claims?: Parameters<typeof kit.owner>[1]) => kit.owner(exchange, { ...claims, jti, iat: kit.now })
    const first = await token({ proof })
    if (!first.token) return { outcome: 'inconclusive', reason: `the first request was answered ${first.status} ${first.error ?? ''}`.trim(), place: 'issuer' }
    return issuerVerdict(await token({ proof }), 'the second request with the same proof was granted')
  },
})
