import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Somebody between two hops puts another live token of the same client, with a fitting proof, under the attestation of the first.
 * An application that does not tie the attestation to the Authorization field does not notice.
 */
export const tokenExchanged = attack({
  kind: 'forge',
  id: 'HOP-04e',
  title: 'The token may change behind a hop that signed it',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.signature'],
  forge: (honest, kit) => {
    const other = renewed({ ...honest, authorization: [`DPoP ${kit.otherToken.value}`] }, kit)
    const { authorization, dpop } = other
    return [passedOn(renewed(honest, kit), kit), { ...passedOn(honest, kit), authorization, dpop }]
  },
})
