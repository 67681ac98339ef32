import { attack, type Exchange } from '../../attack.js'
import { bearerOf } from '../bearer-of.js'
import { covers } from '../covers.js'
import { refusal } from '../refusal.js'
import { withinNetworks } from '../within-networks.js'

/**
 * The thief has the partner's bearer token and uses it from a network that the waiver does not name.
 * A hop that reads the restriction as a note, or believes a forwarded address, lets the token in from anywhere. Leaves a bearer token of the partner behind.
 */
export const bearerFromElsewhere = attack({
  kind: 'scripted',
  id: 'CMP-01',
  title: 'A bearer token works from outside the networks of its waiver',
  control: 'POP-GV-02',
  layer: 'platform',
  spec: ['RFC9700§2.2.1'],
  prod: 'P2',
  needs: ['bearer-client', 'issuer'],
  // Scripted, since only the issuer can make the token, and it must be seen working from within.
  run: async (lab) => {
    const bearer = await bearerOf(lab)
    if (typeof bearer === 'string') return { outcome: 'not-applicable', reason: bearer }
    const { client, waiver, token } = bearer
    const { networks } = waiver.compensating
    const from = lab.otherAddress
    if (networks.length === 0) return { outcome: 'not-applicable', reason: `${waiver.id} names no network` }
    if (from === undefined || withinNetworks(networks, from))
      return { outcome: 'not-applicable', reason: `the runner has no address outside the networks of ${waiver.id}` }
    const exchange = (): Exchange => ({ ...lab.honest(), authorization: [`Bearer ${token.value}`], dpop: [], certificate: 'none' })
    const within = await lab.send(exchange())
    // Once as it is, and once with a forwarded field that names an address within, which must not count.
    const claimed: Exchange = { ...exchange(), from, fields: [['X-Forwarded-For', networks[0]!.split('/')[0]!]] }
    const answers = [await lab.send({ ...exchange(), from }), await lab.send(claimed)] as const
    const route = lab.chain.routes.find(({ pattern }) => covers(pattern, claimed.target))
    const place = route?.via[0]?.[0] ?? lab.kit.application
    if (answers.some(({ accepted }) => accepted)) {
      const how = answers[0].accepted ? '' : ', as X-Forwarded-For named an address within them'
      return { outcome: 'breached', reason: `a bearer token of ${client.id} was let in from ${from}, outside the networks of ${waiver.id}${how}`, place }
    }
    if (!within.accepted) return { outcome: 'inconclusive', reason: `the token was refused from within the networks too: ${refusal(within, []).reason}` }
    if (answers[0].failed === 'unreachable') return { outcome: 'not-applicable', reason: 'this machine has no second loopback address' }
    const [plain, forwarded] = answers.map((answer) => refusal(answer, ['waiver.network']))
    return plain!.outcome === 'held' ? forwarded! : plain!
  },
})
