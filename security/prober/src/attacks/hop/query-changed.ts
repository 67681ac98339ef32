import { attack } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * Somebody between two hops adds a parameter to the query after the hop has signed.
 * An application that rebuilds what was signed from less than the whole target does not notice.
 */
export const queryChanged = attack({
  kind: 'forge',
  id: 'HOP-04d',
  title: 'The query may change behind a hop that signed it',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§2.2.7'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.signature'],
  forge: (honest, kit) => {
    const attested = passedOn(honest, kit)
    return [passedOn(renewed(honest, kit), kit), { ...attested, target: `${attested.target}${attested.target.includes('?') ? '&' : '?'}admin=1` }]
  },
})
