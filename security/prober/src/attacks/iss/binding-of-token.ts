import { attack } from '../../attack.js'
import { thumbprintOf } from '../thumbprint-of.js'

/**
 * Nobody attacks: the client asks for a token with a proof, and the token is read.
 * A token that lacks `cnf.jkt`, names another key, or is called Bearer, is not bound whatever the client did.
 */
export const bindingOfToken = attack({
  kind: 'scripted',
  id: 'ISS-02',
  title: 'The issuer does not bind the token to the key that was proven',
  control: 'POP-ID-01',
  layer: 'identity',
  spec: ['RFC9449§5', 'RFC9449§6.1'],
  prod: 'P2',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the token in the issuer's answer that is judged.
  run: async ({ kit, token }) => {
    const answer = await token()
    if (!answer.token) return { outcome: 'inconclusive', reason: `the issuer answered ${answer.status} ${answer.error ?? ''}`.trim(), place: 'issuer' }
    const cnf = answer.token.claims['cnf'] as { readonly jkt?: unknown } | undefined
    if (cnf?.jkt !== thumbprintOf(kit.jwk('owner')))
      return { outcome: 'breached', reason: 'cnf.jkt is not the thumbprint of the key that was proven', place: 'issuer' }
    if (answer.token.type.toLowerCase() !== 'dpop') return { outcome: 'breached', reason: 'the token is bound and its token_type is not DPoP', place: 'issuer' }
    return { outcome: 'held', reason: 'the token names the key that was proven' }
  },
})
