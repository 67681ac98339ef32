import { attack } from '../../attack.js'

/**
 * The thief runs an issuer of their own and writes tokens for us with it, signed with its key.
 * A server that finds the keys through the issuer that the token itself names will verify them happily.
 */
export const otherIssuer = attack({
  kind: 'forge',
  id: 'TOK-08c',
  title: 'A token of an issuer that nobody declared is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9068§4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.issuer'],
  forge: (honest, kit) => {
    const token = kit.forgeToken({ iss: 'https://issuer.thief.example', cnf: kit.thiefToken.claims['cnf'] })
    const changed = { ...honest, authorization: [`DPoP ${token}`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
