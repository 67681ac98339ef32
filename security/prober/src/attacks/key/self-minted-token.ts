import { attack } from '../../attack.js'

/**
 * The thief writes an access token for themselves, signs it with their DPoP key, and puts that key into its header.
 * A server that verifies tokens with whatever key they bring along accepts anything that is consistent with itself.
 */
export const selfMintedToken = attack({
  kind: 'forge',
  id: 'KEY-07',
  title: 'A token that a client wrote for itself is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9068§4', 'RFC8725§3.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.key-reference', 'token.unknown-key', 'token.signature'],
  forge: (honest, kit) => {
    const header = { ...kit.token.header, alg: 'ES256', jwk: kit.jwk('thief') }
    const token = kit.sign('thief', header, { ...kit.token.claims, jti: kit.random(), cnf: kit.thiefToken.claims['cnf'] })
    const changed = { ...honest, authorization: [`DPoP ${token}`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
