import { attack } from '../../attack.js'

/**
 * The thief writes a token with `alg` set to `none` and no signature, bound to a key of their own.
 * A server that lets the token choose its algorithm finds that there is nothing to verify.
 */
export const unsignedToken = attack({
  kind: 'forge',
  id: 'TOK-08b',
  title: 'A token that nobody signed is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC8725§3.1', 'RFC9068§4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.malformed', 'token.alg'],
  forge: (honest, kit) => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    const claims = { ...kit.token.claims, cnf: kit.thiefToken.claims['cnf'] }
    const changed = { ...honest, authorization: [`DPoP ${part({ ...kit.token.header, alg: 'none' })}.${part(claims)}.`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
