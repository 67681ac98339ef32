import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The hop, or who has its key, attests another method than that of the request it passes on.
 * An application that believes the statement, and does not compare it with what it received, has two truths and takes either.
 */
export const otherMethodAttested = attack({
  kind: 'forge',
  id: 'HOP-04g',
  title: 'A hop may attest another method than the request has',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.method'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { method: 'DELETE' })],
})
