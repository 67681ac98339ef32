import { attack } from '../../attack.js'

/**
 * The thief has a certificate-bound token and the victim's certificate, but not its key, and sends the certificate with spaces for its line breaks.
 * An edge that removes one spelling of a certificate leaves another, which a lenient application reads.
 */
export const certificateWithSpaces = attack({
  kind: 'forge',
  id: 'SPF-11a',
  title: "A copy of the victim's certificate with spaces for its line breaks is as good as its key",
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.1', 'RFC8705§3'],
  prod: 'P2',
  needs: ['mtls', 'victim-certificate'],
  expect: 'refused',
  refusedAs: ['path.stray', 'token.no-certificate'],
  mustNotArrive: ['x-client-cert', 'x-ssl-cert'],
  forge: (honest, kit) => {
    const certificate = (kit.victimCertificate?.pem ?? '').replaceAll('\n', ' ')
    return [{ ...honest, certificate: 'none', fields: [...honest.fields, ['X-Client-Cert', certificate], ['X-SSL-Cert', certificate]] }]
  },
})
