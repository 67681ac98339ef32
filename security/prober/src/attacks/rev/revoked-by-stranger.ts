import { attack } from '../../attack.js'
import { refusal } from '../refusal.js'

/**
 * The attacker, a client of ours, revokes the token of another client.
 * An issuer that does not ask whose token it is lets any client stop any other. Leaves nothing behind where it is refused.
 */
export const revokedByStranger = attack({
  kind: 'scripted',
  id: 'REV-10',
  title: 'A client can revoke the tokens of another',
  control: 'POP-AP-07',
  layer: 'identity',
  spec: ['RFC7009§2.1'],
  prod: 'P2',
  needs: ['revocation', 'dpop', 'second-client'],
  // Scripted, since the token must be tried after the issuer has answered.
  run: async ({ kit, honest, send, token, revokeAs, wait, chain }) => {
    const [, thief] = chain.probe?.clients ?? []
    const issued = await token()
    if (!issued.token || thief === undefined) return { outcome: 'inconclusive', reason: 'there is no token to try it with' }
    await revokeAs(thief, issued.token)
    await wait(500)
    const exchange = { ...honest(), authorization: [`DPoP ${issued.token.value}`] }
    const answer = await send({ ...exchange, dpop: [kit.owner(exchange)] })
    if (answer.accepted) return { outcome: 'held', reason: 'the token still works' }
    const said = refusal(answer, ['token.revoked'])
    if (said.outcome !== 'held') return { outcome: 'inconclusive', reason: said.reason }
    return { outcome: 'breached', reason: 'the token stopped working after a stranger revoked it', place: 'issuer' }
  },
})
