import { attack } from '../../attack.js'

/**
 * The thief puts a stolen token into a cookie.
 * An application with a browser login beside its API may take its session from there, where nobody asks for a proof.
 */
export const tokenInCookie = attack({
  kind: 'forge',
  id: 'TOK-06a',
  title: 'A token in a cookie is accepted',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9449§7.1'],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: ['request.uncredentialed'],
  forge: (honest, kit) => [
    { ...honest, authorization: [], dpop: [], certificate: 'none', fields: [...honest.fields, ['Cookie', `access_token=${kit.token.value}`]] },
  ],
})
