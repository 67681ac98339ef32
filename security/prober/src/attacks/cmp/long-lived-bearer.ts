import { attack } from '../../attack.js'
import { bearerClients } from '../bearer-clients.js'

/**
 * Nobody attacks: the partner gets the bearer token that its waiver allows, and its lifetime is read.
 * Whoever steals a bearer token can use it until it expires; the ceiling is what the approvers agreed to.
 */
export const longLivedBearer = attack({
  kind: 'scripted',
  id: 'CMP-02',
  title: 'A bearer token lives longer than its waiver allows',
  control: 'POP-ID-04',
  layer: 'identity',
  spec: ['RFC9700§2.2.1'],
  prod: 'P1',
  needs: ['bearer-client', 'issuer'],
  // Scripted, since it is the token in the issuer's answer that is judged.
  run: async ({ kit, chain, token }) => {
    const [one] = bearerClients(chain, kit.now)
    const ceiling = one?.waiver.compensating.tokenLifetime
    if (!one || ceiling === undefined) return { outcome: 'not-applicable', reason: 'no waiver in force states a ceiling' }
    const { token: bearer, status } = await token({ client: one.client.id, proof: 'none' })
    if (!bearer) return { outcome: 'not-applicable', reason: `the issuer answered ${status} and gave no bearer token` }
    const lifetime = Number(bearer.claims['exp']) - Number(bearer.claims['iat'])
    const reason = `bearer tokens of ${one.client.id} live ${lifetime} s, and ${one.waiver.id} allows ${ceiling} s`
    return lifetime <= ceiling ? { outcome: 'held', reason } : { outcome: 'breached', reason, place: 'issuer' }
  },
})
