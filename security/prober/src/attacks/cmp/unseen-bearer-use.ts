import { attack } from '../../attack.js'
import { hash } from '../../jose.js'
import { bearerClients } from '../bearer-clients.js'

const PATIENCE_MS = 3_000
const STEP_MS = 200

/**
 * The partner's bearer token is used as its waiver allows, and the alert channel of the waiver is watched.
 * Monitoring that was agreed to and sees nothing compensates nothing: a stolen token would go unnoticed too.
 */
export const unseenBearerUse = attack({
  kind: 'scripted',
  id: 'CMP-05',
  title: 'The use of a bearer token raises no alert',
  control: 'POP-SE-04',
  layer: 'security',
  spec: ['RFC9700§2.2.1'],
  prod: 'P2',
  needs: ['bearer-client', 'issuer'],
  // Scripted, since the alert comes after the request that it is about.
  run: async ({ kit, chain, honest, send, token, alerts, wait }) => {
    const [one] = bearerClients(chain, kit.now)
    const channel = one?.waiver.compensating.monitoring?.channel
    if (!one || channel === undefined || !/^https?:/.test(channel))
      return { outcome: 'not-applicable', reason: 'no waiver in force names an alert channel that can be read' }
    const { token: bearer } = await token({ client: one.client.id, proof: 'none' })
    if (!bearer) return { outcome: 'not-applicable', reason: 'the issuer gave no bearer token' }
    const answer = await send({ ...honest(), authorization: [`Bearer ${bearer.value}`], dpop: [], certificate: 'none' })
    if (!answer.accepted) return { outcome: 'not-applicable', reason: `a bearer token of ${one.client.id} is not let in at the canary resource` }
    for (let waited = 0; waited <= PATIENCE_MS; waited += STEP_MS) {
      const raised = await alerts(channel)
      if (raised?.some(({ waiver, tokenId }) => waiver === one.waiver.id && tokenId === hash(String(bearer.claims['jti'])))) {
        return { outcome: 'held', reason: `the channel of ${one.waiver.id} told of it within ${waited + STEP_MS} ms` }
      }
      await wait(STEP_MS)
    }
    return { outcome: 'breached', reason: `the channel of ${one.waiver.id} told of nothing within ${PATIENCE_MS} ms` }
  },
})
