import { attack } from '../../attack.js'

/**
 * The thief posts a stolen token as a form field, and sends neither Authorization nor proof.
 * Some frameworks still take `access_token` from a form, past the code that asks for a proof.
 */
export const tokenInForm = attack({
  kind: 'forge',
  id: 'TOK-05b',
  title: 'A token in a form is accepted',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC6750§2.2', 'RFC9449§7.1'],
  prod: 'P2',
  needs: [],
  expect: 'refused',
  refusedAs: ['request.uncredentialed'],
  forge: (honest, kit) => [
    {
      ...honest,
      method: 'POST',
      authorization: [],
      dpop: [],
      certificate: 'none',
      fields: [...honest.fields, ['Content-Type', 'application/x-www-form-urlencoded']],
      body: `access_token=${kit.token.value}`,
    },
  ],
})
