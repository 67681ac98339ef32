import { attack } from '../../attack.js'

/**
 * The thief sends a stolen certificate-bound token over a connection that shows no certificate.
 * A server that compares thumbprints only when it got a certificate has nothing to compare and goes on.
 */
export const noCertificate = attack({
  kind: 'forge',
  id: 'TOK-03',
  title: 'A certificate-bound token works without a certificate',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC8705§3'],
  prod: 'P2',
  needs: ['mtls'],
  expect: 'refused',
  refusedAs: ['token.no-certificate'],
  forge: (honest) => [{ ...honest, certificate: 'none' }],
})
