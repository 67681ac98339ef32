import { attack } from '../../attack.js'

/**
 * Nobody attacks: the canary client shows the certificate that its token is bound to, and must be let in.
 * A terminator that loses the certificate on the way makes the application refuse every honest client.
 */
export const honestCertificate = attack({
  kind: 'forge',
  id: 'BASE-04',
  title: 'An honest client with its certificate is turned away',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC8705§3'],
  prod: 'P2',
  needs: ['mtls'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest) => [honest],
})
