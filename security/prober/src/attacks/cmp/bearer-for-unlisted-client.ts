import { attack } from '../../attack.js'
import { issuerVerdict } from '../issuer-verdict.js'

/**
 * Another client asks for a bearer token, although the waiver lists the partner alone.
 * An issuer that learnt to give bearer tokens, and not to whom, gives them to everybody.
 */
export const bearerForUnlistedClient = attack({
  kind: 'scripted',
  id: 'CMP-04b',
  title: 'The issuer gives a bearer token to a client that no waiver lists',
  control: 'POP-ID-01',
  layer: 'identity',
  spec: ['RFC9700§2.2.1'],
  prod: 'P2',
  needs: ['bearer-token', 'issuer'],
  // Scripted, since it is the issuer's answer to a token request that is judged.
  run: async ({ chain, token }) => {
    const listed = new Set([...chain.waivers.values()].flatMap(({ compensating }) => compensating.allowlist))
    const other = [...(chain.probe?.clients ?? [])].reverse().find((id) => !listed.has(id))
    if (other === undefined) return { outcome: 'not-applicable', reason: 'every canary client is listed in a waiver' }
    const answer = await token({ client: other, proof: 'none' })
    if (answer.token?.claims['cnf'] !== undefined) return { outcome: 'held', reason: 'the token is bound: the client has a certificate', place: 'issuer' }
    return issuerVerdict(answer, `${other} got a bearer token, and no waiver lists it`)
  },
})
