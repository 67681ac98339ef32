import { attack } from '../../attack.js'
import { expiredClients } from '../bearer-clients.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * The partner asks for a bearer token although its waiver has ended.
 * An issuer that was told of the exception once, and not of its end, goes on for ever.
 */
export const issuedAfterWaiver = attack({
  kind: 'scripted',
  id: 'CMP-03a',
  title: 'The issuer gives bearer tokens after the waiver has ended',
  control: 'POP-ID-07',
  layer: 'identity',
  spec: ['RFC9700§2.2.1'],
  prod: 'P1',
  needs: ['expired-waiver', 'issuer'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ kit, chain, token }) => {
    const [one] = expiredClients(chain, kit.now)
    if (!one) return { outcome: 'not-applicable', reason: 'no waiver has ended' }
    return issuerVerdict(await token({ client: one.client.id, proof: 'none' }), `${one.client.id} got a bearer token although ${one.waiver.id} has ended`)
  },
})
