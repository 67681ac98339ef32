import { attack } from '../../attack.js'
import { identityFields } from '../identity-fields.js'

/**
 * The attacker sends no token, and the fields in which gateways tell applications who is calling.
 * An edge that passes them on, in front of an application that trusts them, makes them a password that everybody knows.
 */
export const identityWithoutToken = attack({
  kind: 'forge',
  id: 'FWD-01',
  title: 'A field that says who is calling takes the place of a token',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9700§4.13'],
  prod: 'P2',
  needs: ['second-client'],
  expect: 'refused',
  refusedAs: ['request.uncredentialed', 'path.stray'],
  mustNotArrive: ['x-user', 'x-authenticated-user', 'x-forwarded-user', 'x-auth-request-user', 'remote-user'],
  forge: (honest, kit) => [{ ...honest, authorization: [], dpop: [], certificate: 'none', fields: [...honest.fields, ...identityFields(kit)] }],
})
