import { attack } from '../../attack.js'
import { refusal } from '../refusal.js'

/**
 * The attacker, a client of ours or an API that received its token, uses a token for one API at another, with a flawless proof.
 * A server that does not compare `aud` with its own name accepts what was issued for its neighbours.
 */
export const otherAudience = attack({
  kind: 'scripted',
  id: 'TOK-07',
  title: 'A token for one API works at another',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9068§4', 'RFC9700§2.3'],
  prod: 'P2',
  needs: ['dpop', 'issuer'],
  // Scripted, since only the issuer can make such a token, and it may rightly refuse to.
  run: async (lab) => {
    const { kit, chain, honest, send, token } = lab
    const mine = [kit.token.claims['aud']].flat()
    const other = chain.routes.flatMap(({ audience }) => audience).find((one) => !mine.includes(one)) ?? 'https://other-api.example'
    const issued = await token({ resource: other })
    if (!issued.token || [issued.token.claims['aud']].flat().some((aud) => mine.includes(aud))) {
      return { outcome: 'not-applicable', reason: 'the issuer gives no token for another audience' }
    }
    const exchange = { ...honest(), authorization: [`DPoP ${issued.token.value}`] }
    const answer = await send({ ...exchange, dpop: [kit.owner(exchange)] })
    if (answer.accepted) return { outcome: 'breached', reason: 'a token for another audience was let in' }
    return refusal(answer, ['token.audience'])
  },
})
