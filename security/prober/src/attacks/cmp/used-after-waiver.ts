import { attack } from '../../attack.js'
import { bearerClients } from '../bearer-clients.js'
import { refusal } from '../refusal.js'

/**
 * The partner gets a bearer token while its waiver is in force and uses it after the end.
 * A server that trusts the issuer to know about exceptions accepts the token until it expires. Leaves a bearer token of the partner behind.
 */
export const usedAfterWaiver = attack({
  kind: 'scripted',
  id: 'CMP-03b',
  title: 'A bearer token works after its waiver has ended',
  control: 'POP-ID-07',
  layer: 'application',
  spec: ['RFC9700§2.2.1'],
  prod: 'P2',
  needs: ['bearer-client', 'issuer'],
  // Scripted, since the token must be had before the waiver ends and tried afterwards.
  run: async ({ kit, chain, honest, send, token, wait }) => {
    const [one] = bearerClients(chain, kit.now).filter(({ waiver }) => waiver.end - kit.now <= 20)
    if (!one) return { outcome: 'not-applicable', reason: 'no waiver ends within the 20 s that a run can wait' }
    const { token: bearer } = await token({ client: one.client.id, proof: 'none' })
    if (!bearer) return { outcome: 'not-applicable', reason: 'the issuer gives no bearer token any more' }
    await wait((one.waiver.end - kit.now + 1) * 1_000)
    const answer = await send({ ...honest(), authorization: [`Bearer ${bearer.value}`], dpop: [], certificate: 'none' })
    if (answer.accepted) return { outcome: 'breached', reason: `a bearer token of ${one.client.id} was let in after ${one.waiver.id} had ended` }
    return refusal(answer, ['waiver.expired', 'token.unbound', 'token.client'])
  },
})
