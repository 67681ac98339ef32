import { attack } from '../../attack.js'

/**
 * Nobody attacks: an honest request is sent, and the witness at the application says what arrived.
 * A gateway that verifies, drops token or proof and forwards a mere statement leaves the application nothing to check.
 */
export const bareClaimsDownstream = attack({
  kind: 'scripted',
  id: 'FWD-03',
  title: 'A hop removes the proof before the application',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9449§7.1'],
  prod: 'P1',
  needs: ['dpop', 'edge', 'witness', 'kept-proof'],
  // Scripted, since the witness is asked about an honest request, and nothing is forged.
  run: async ({ kit, honest, send, seen }) => {
    const exchange = honest()
    const answer = await send(exchange)
    const sighting = await seen(kit.application, exchange)
    if (!answer.accepted || !sighting?.arrived) return { outcome: 'inconclusive', reason: 'the witness did not see the honest request' }
    const lost = ['authorization', 'dpop'].filter((name) => !sighting.intact(name))
    if (lost.length > 0) return { outcome: 'breached', reason: `the request reached the application without its ${lost.join(' and ')} as the client sent it` }
    return { outcome: 'held', reason: 'token and proof reached the application as the client sent them' }
  },
})
