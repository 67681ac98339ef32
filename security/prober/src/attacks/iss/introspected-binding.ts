import { attack } from '../../attack.js'

/**
 * Nobody attacks: the issuer is asked about a bound token, as an application would ask.
 * Where the answer has no cnf, an application that asks takes a bound token for a bearer token.
 */
export const introspectedBinding = attack({
  kind: 'scripted',
  id: 'ISS-14',
  title: 'The issuer does not tell the key of a bound token when it is asked about it',
  control: 'POP-ID-01',
  layer: 'identity',
  spec: ['RFC9449§6.2', 'RFC7662§2.2'],
  prod: 'P2',
  needs: ['issuer', 'dpop'],
  // Scripted, since it is the issuer's answer about a token that is judged.
  run: async ({ introspect, kit }) => {
    const said = await introspect(kit.token)
    if (said === undefined) return { outcome: 'not-applicable', reason: 'the issuer tells the canary client nothing about tokens' }
    if (said['active'] !== true) return { outcome: 'inconclusive', reason: 'the issuer calls a live token inactive' }
    const { jkt } = (kit.token.claims['cnf'] ?? {}) as { readonly jkt?: unknown }
    const told = (said['cnf'] ?? {}) as { readonly jkt?: unknown }
    if (told.jkt !== jkt) return { outcome: 'breached', reason: 'the answer about a bound token does not have its cnf', place: 'issuer' }
    return { outcome: 'held', reason: 'the answer has the cnf of the token' }
  },
})
