import { attack } from '../../attack.js'

/**
 * The thief puts a stolen token into the query, and sends neither Authorization nor proof.
 * Some frameworks still take `access_token` from there, and skip every check that hangs on the Authorization field.
 */
export const tokenInQuery = attack({
  kind: 'forge',
  id: 'TOK-05a',
  title: 'A token in the query is accepted',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC6750§2.3', 'RFC9449§7.1'],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: ['request.uncredentialed'],
  forge: (honest, kit) => {
    const mark = honest.target.includes('?') ? '&' : '?'
    return [{ ...honest, target: `${honest.target}${mark}access_token=${kit.token.value}`, authorization: [], dpop: [], certificate: 'none' }]
  },
})
