import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Somebody between two hops takes the attestation of one request and puts it on another, with a fresh proof of the client.
 * An application that asks whether the signature verifies, and not over what, lets it through.
 */
export const attestationOnOtherRequest = attack({
  kind: 'forge',
  id: 'HOP-03c',
  title: 'An attestation for one request carries another',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.signature', 'attestation.subject'],
  forge: (honest, kit) => {
    const other = renewed(honest, kit)
    return [passedOn(renewed(honest, kit), kit), { ...passedOn(honest, kit), dpop: other.dpop }]
  },
})
