import { attack } from '../../attack.js'

/**
 * The thief sends a token without `cnf` under the DPoP scheme, with a flawless proof by a key of their own.
 * A server that is satisfied by a proof, and does not ask what the token is bound to, lets any key use it.
 */
export const unboundUnderDpop = attack({
  kind: 'forge',
  id: 'TOK-10',
  title: 'A proof makes up for a token that is bound to nothing',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-12', 'RFC9449§6'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.unbound', 'token.signature'],
  forge: (honest, kit) => {
    const changed = { ...honest, authorization: [`DPoP ${kit.forgeToken({ cnf: undefined })}`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
