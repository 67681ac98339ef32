import { attack } from '../../attack.js'

/**
 * The client writes the names of trusted fields with an underscore in place of the hyphen.
 * An edge that removes by exact name lets them pass, and an application behind CGI or WSGI cannot tell the two apart.
 */
export const underscoredFields = attack({
  kind: 'forge',
  id: 'SPF-07',
  title: 'A field with an underscore in its name slips past the edge',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4', 'RFC9110§5.1'],
  prod: 'P2',
  needs: ['edge'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['client_cert', 'x_user', 'x_ssl_client_cert', 'x-auth_request_user'],
  forge: (honest) => {
    const names = ['Client_Cert', 'X_User', 'X_SSL_Client_Cert', 'X-Auth_Request_User']
    return [{ ...honest, fields: [...honest.fields, ...names.map((name) => [name, 'admin'] as const)] }]
  },
})
