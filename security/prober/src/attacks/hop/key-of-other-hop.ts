import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The last hop's attestation is signed with the registered key of another hop, under that key's own id.
 * An application that asks whether a key is registered, and not for whom, lets the weakest hop sign for all of them.
 */
export const keyOfOtherHop = attack({
  kind: 'forge',
  id: 'HOP-12b',
  title: 'The key of one hop signs for another',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§3.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential', 'two-hops'],
  expect: 'refused',
  refusedAs: ['attestation.unknown-key'],
  forge: (honest, kit) => [passedOn(renewed(honest, kit), kit), passedOn(honest, kit, { signsAs: kit.path[0] ?? '' })],
})
