import { attack } from '../../attack.js'
import { challengeOf } from '../challenge-of.js'
import { isOutage } from '../../judge-answer.js'

/**
 * Nobody attacks: a client that does not know yet what is wanted sends no credentials at all.
 * It must be told that DPoP is wanted, and with which algorithms, and not that it made an error.
 */
export const noCredentials = attack({
  kind: 'scripted',
  id: 'BASE-02',
  title: 'A request without credentials is let in, or not told what is wanted',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.1'],
  prod: 'P1',
  needs: ['dpop'],
  // Scripted, since the challenge in the answer is what is judged, and not only the refusal.
  run: async (lab) => {
    const answer = await lab.send({ ...lab.honest(), authorization: [], dpop: [], certificate: 'none' })
    if (answer.accepted) return { outcome: 'breached', reason: 'a request without credentials was let in' }
    if (isOutage(answer)) return { outcome: 'inconclusive', reason: 'the request was not answered: nobody decided' }
    const challenge = challengeOf(answer, 'dpop')
    if (challenge === undefined || answer.status !== 401) return { outcome: 'breached', reason: `the answer ${answer.status} has no DPoP challenge` }
    if (/\berror=/.test(challenge)) return { outcome: 'breached', reason: 'the challenge speaks of an error, although nothing was presented' }
    return { outcome: 'held', reason: 'refused with 401 and a DPoP challenge' }
  },
})
