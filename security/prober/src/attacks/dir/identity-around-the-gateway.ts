import { attack } from '../../attack.js'
import { atApplication } from '../at-application.js'
import { identityFields } from '../identity-fields.js'

/**
 * The attacker goes straight to the application and sets the fields in which the gateway tells it who is calling.
 * An application that trusts them trusts whoever reaches it.
 */
export const identityAroundTheGateway = attack({
  kind: 'forge',
  id: 'DIR-02',
  title: 'Whoever reaches the application may say who they are',
  control: 'POP-PL-04',
  layer: 'platform',
  spec: ['RFC9440§2.4', 'RFC9700§4.13'],
  prod: 'P2',
  needs: ['direct-ingress', 'second-client'],
  expect: 'refused',
  refusedAs: ['path.stray', 'path.unattested', 'request.uncredentialed'],
  forge: (honest, kit) => [
    atApplication({ ...honest, authorization: [], dpop: [], certificate: 'none', fields: [...honest.fields, ...identityFields(kit)] }, kit),
  ],
})
