import { attack } from '../../attack.js'
import { challengeOf } from '../challenge-of.js'
import { isOutage } from '../../judge-answer.js'

/**
 * The client sends a bound token under Bearer and reads what the chain tells it to do instead.
 * A hop that rewrites the challenge teaches honest clients to use bearer tokens.
 */
export const challengeForBearer = attack({
  kind: 'scripted',
  id: 'DWN-01',
  title: 'A hop tells clients to use Bearer where DPoP is demanded',
  control: 'POP-PL-05',
  layer: 'platform',
  spec: ['RFC9449§7.1', 'RFC9449§7.2'],
  prod: 'P1',
  needs: ['dpop'],
  // Scripted, since the challenge in the answer is what is judged, and not only the refusal.
  run: async ({ kit, honest, send }) => {
    const answer = await send({ ...honest(), authorization: [`Bearer ${kit.token.value}`], dpop: [] })
    if (answer.accepted) return { outcome: 'breached', reason: 'the bound token was let in as a bearer token' }
    if (isOutage(answer)) return { outcome: 'inconclusive', reason: 'the request was not answered: nobody decided' }
    if (challengeOf(answer, 'dpop') !== undefined) return { outcome: 'held', reason: 'the refusal asks for DPoP' }
    return { outcome: 'breached', reason: `the answer ${answer.status} has no DPoP challenge` }
  },
})
