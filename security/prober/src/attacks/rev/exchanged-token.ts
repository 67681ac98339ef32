import { attack } from '../../attack.js'
import { atApplication } from '../at-application.js'
import { refusal } from '../refusal.js'

/**
 * A hop exchanges a token, the client revokes the one that it came from, and the hop, or who has its key, goes on with the new one.
 * An issuer that forgets what it exchanged revokes the one token that nobody uses any more.
 */
export const exchangedToken = attack({
  kind: 'scripted',
  id: 'REV-09',
  title: 'A token that was exchanged from a revoked one goes on working',
  control: 'POP-AP-07',
  layer: 'identity',
  spec: ['RFC7009§2', 'RFC8693§6'],
  prod: 'P2',
  needs: ['revocation', 'dpop', 'exchange', 'direct-ingress'],
  // Scripted, since it must be exchanged and seen working before it is revoked, and then be tried until it stops.
  run: async ({ kit, honest, send, token, exchange, revoke, wait, chain }) => {
    if (kit.exchanger?.inner !== chain.hops.get(kit.application)?.innerBase)
      return { outcome: 'not-applicable', reason: 'what is exchanged is for another hop before the application' }
    const parent = (await token()).token
    const key = kit.exchanger?.key
    if (!parent || !key) return { outcome: 'inconclusive', reason: 'the issuer gave no token' }
    const proof = kit.owner({ ...honest(), authorization: [`DPoP ${parent.value}`] })
    const child = (await exchange({ subject: parent.value, evidence: { proof } })).token
    if (!child) return { outcome: 'inconclusive', reason: 'the issuer did not exchange it' }
    const attempt = () => {
      const exchanged = { ...atApplication(honest(), kit), authorization: [`DPoP ${child.value}`] }
      return send({ ...exchanged, dpop: [key.sign(exchanged)] })
    }
    if (!(await attempt()).accepted) return { outcome: 'inconclusive', reason: 'the exchanged token did not work before it was revoked' }
    if (!(await revoke(parent))) return { outcome: 'inconclusive', reason: 'the issuer did not acknowledge the revocation', place: 'issuer' }
    for (let waited = 0; waited <= 2_000; waited += 200) {
      const answer = await attempt()
      const said = answer.accepted ? undefined : refusal(answer, ['token.revoked'])
      if (said) return said.outcome === 'held' ? { outcome: 'held', reason: `refused ${waited} ms after the revocation was acknowledged` } : said
      await wait(200)
    }
    return { outcome: 'breached', reason: 'still let in 2 s after the token that it came from was revoked', place: 'issuer' }
  },
})
