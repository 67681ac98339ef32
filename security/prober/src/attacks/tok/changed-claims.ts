import { attack } from '../../attack.js'

/**
 * The thief binds a stolen token to a key of their own by rewriting `cnf`, and keeps the old signature.
 * A server that verifies nothing, or verified an earlier token with the same signature, takes the new claims for true.
 */
export const changedClaims = attack({
  kind: 'forge',
  id: 'TOK-08d',
  title: 'A token whose claims were rewritten is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9068§4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.signature'],
  forge: (honest, kit) => {
    const [header, , signature] = kit.token.value.split('.')
    const claims = Buffer.from(JSON.stringify({ ...kit.token.claims, cnf: kit.thiefToken.claims['cnf'] })).toString('base64url')
    const changed = { ...honest, authorization: [`DPoP ${header}.${claims}.${signature}`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
