import { attack } from '../../attack.js'

/**
 * The thief sends a token whose `cnf` is an empty object, with a proof by a key of their own.
 * A server that compares with `cnf.jkt` only where it finds one has nothing left to compare.
 */
export const emptyConfirmation = attack({
  kind: 'forge',
  id: 'TOK-11a',
  title: 'A token whose confirmation names no key is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC7800§3.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.confirmation'],
  forge: (honest, kit) => {
    const changed = { ...honest, authorization: [`DPoP ${kit.forgeToken({ cnf: {} })}`] }
    return [{ ...changed, dpop: [kit.thief(changed)] }]
  },
})
