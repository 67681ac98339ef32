import { attack } from '../../attack.js'
import { identityFields } from '../identity-fields.js'

/**
 * A client with a valid token and proof adds fields that say it is another client.
 * An application that prefers the fields to the token does what the other client may do.
 */
export const identityBesideToken = attack({
  kind: 'forge',
  id: 'FWD-02',
  title: 'A client can say that it is another one',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9700§4.13'],
  prod: 'P2',
  needs: ['edge', 'second-client'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['x-user', 'x-authenticated-user', 'x-forwarded-user', 'x-auth-request-user', 'remote-user'],
  forge: (honest, kit) => [{ ...honest, fields: [...honest.fields, ...identityFields(kit)] }],
})
