import { attack } from '../../attack.js'
import { bearerClients } from '../bearer-clients.js'
import { refusal } from '../refusal.js'
import { covers } from '../covers.js'

/**
 * The thief has the partner's bearer token and uses it on a route that the waiver does not name.
 * A server that knows that the partner may use bearer tokens, and not where, has widened the exception. Leaves a bearer token of the partner behind.
 */
export const bearerOffItsRoute = attack({
  kind: 'scripted',
  id: 'CMP-04',
  title: 'A bearer token works on a route that its waiver does not name',
  control: 'POP-ID-07',
  layer: 'application',
  spec: ['RFC9700§2.3'],
  prod: 'P2',
  needs: ['bearer-client', 'issuer', 'unwaived-route'],
  // Scripted, since only the issuer can make the token.
  run: async ({ kit, chain, honest, send, token }) => {
    const [one] = bearerClients(chain, kit.now)
    const exchange = honest()
    if (!one) return { outcome: 'not-applicable', reason: 'no waiver is in force' }
    const { token: bearer } = await token({ client: one.client.id, proof: 'none' })
    if (!bearer) return { outcome: 'not-applicable', reason: 'the issuer gave no bearer token' }
    if (
      one.waiver.routes.some((pattern) => covers(pattern, exchange.target)) ||
      one.waiver.audiences.some((aud) => [bearer.claims['aud']].flat().includes(aud))
    ) {
      return { outcome: 'not-applicable', reason: `the canary resource lies within ${one.waiver.id}` }
    }
    const answer = await send({ ...exchange, authorization: [`Bearer ${bearer.value}`], dpop: [], certificate: 'none' })
    if (answer.accepted) return { outcome: 'breached', reason: `a bearer token of ${one.client.id} was let in outside ${one.waiver.id}` }
    return refusal(answer, ['waiver.scope', 'token.client', 'token.unbound', 'token.audience'])
  },
})
