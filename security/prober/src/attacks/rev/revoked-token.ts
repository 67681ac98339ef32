import { attack } from '../../attack.js'
import { refusal } from '../refusal.js'

/**
 * The owner of a token that was stolen together with its key revokes it, and the thief goes on.
 * A server that believes a token until it expires never asks whether it was revoked. Leaves a revoked token of the canary client behind.
 */
export const revokedToken = attack({
  kind: 'scripted',
  id: 'REV-01',
  title: 'A revoked token goes on working',
  control: 'POP-AP-07',
  layer: 'application',
  spec: ['RFC7009§2'],
  prod: 'P2',
  needs: ['revocation', 'dpop'],
  // Scripted, since it must be seen working before it is revoked, and then be tried until it stops.
  run: async ({ kit, honest, send, token, revoke, wait }) => {
    const issued = await token()
    if (!issued.token) return { outcome: 'inconclusive', reason: `the issuer answered ${issued.status}` }
    const authorization = [`DPoP ${issued.token.value}`]
    const attempt = () => {
      const exchange = { ...honest(), authorization }
      return send({ ...exchange, dpop: [kit.owner(exchange)] })
    }
    if (!(await attempt()).accepted) return { outcome: 'inconclusive', reason: 'the new token did not work before it was revoked' }
    if (!(await revoke(issued.token))) return { outcome: 'inconclusive', reason: 'the issuer did not acknowledge the revocation', place: 'issuer' }
    for (let waited = 0; waited <= 2_000; waited += 200) {
      const answer = await attempt()
      const said = answer.accepted ? undefined : refusal(answer, ['token.revoked'])
      if (said) return said.outcome === 'held' ? { outcome: 'held', reason: `refused ${waited} ms after the revocation was acknowledged` } : said
      await wait(200)
    }
    return { outcome: 'breached', reason: 'still let in 2 s after the revocation was acknowledged' }
  },
})
