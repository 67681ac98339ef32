import { attack } from '../../attack.js'

/**
 * The attacker presents a JWT of another kind, as an identity token or a logout token would be, with a fitting proof.
 * A server that never looks at `typ` takes anything with familiar claims for an access token.
 */
export const otherKindOfToken = attack({
  kind: 'forge',
  id: 'TOK-09',
  title: 'A JWT that is no access token is accepted as one',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9068§4', 'RFC8725§3.11'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.typ'],
  forge: (honest, kit) => {
    const changed = { ...honest, authorization: [`DPoP ${kit.forgeToken({}, { typ: 'JWT' })}`] }
    return [{ ...changed, dpop: [kit.owner(changed)] }]
  },
})
