import { attack } from '../../attack.js'

/**
 * The thief sends a stolen certificate-bound token over a connection with a certificate of their own, from the same authority.
 * A server that is content with any trusted certificate never notices that it is not the one in the token.
 */
export const otherCertificate = attack({
  kind: 'forge',
  id: 'TOK-04',
  title: 'A certificate-bound token works with the certificate of somebody else',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC8705§3'],
  prod: 'P2',
  needs: ['mtls', 'second-client'],
  expect: 'refused',
  refusedAs: ['token.other-certificate'],
  forge: (honest) => [{ ...honest, certificate: 'other' }],
})
