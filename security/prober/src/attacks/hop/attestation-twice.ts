import { attack } from '../../attack.js'
import { passedOn } from '../impersonate.js'

/**
 * Somebody between two hops records an attested request and sends it again.
 * Nothing in it is wrong; only an application that remembers nonces can refuse it.
 */
export const attestationTwice = attack({
  kind: 'forge',
  id: 'HOP-03a',
  title: 'A captured attestation can be used again',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9421§7.2.2'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.replayed', 'proof.replayed'],
  forge: (honest, kit) => {
    const attested = passedOn(honest, kit)
    return [attested, attested]
  },
})
