import { attack } from '../../attack.js'

/**
 * The thief puts a stolen token into X-Access-Token and Proxy-Authorization instead of Authorization.
 * Servers that look for a token in several places often ask for a proof in only one of them.
 */
export const tokenInSideField = attack({
  kind: 'forge',
  id: 'TOK-06b',
  title: 'A token outside Authorization is accepted',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.1'],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: ['request.uncredentialed'],
  forge: (honest, kit) => {
    const side = [
      ['X-Access-Token', kit.token.value],
      ['Proxy-Authorization', `DPoP ${kit.token.value}`],
    ] as const
    return [{ ...honest, authorization: [], dpop: [], certificate: 'none', fields: [...honest.fields, ...side] }]
  },
})
