import { attack } from '../../attack.js'

/**
 * The thief has a certificate-bound token and the victim's certificate, but not its key, and puts the certificate into X-SSL-Client-Cert.
 * An edge that overwrites another field than the one that the application reads leaves it there.
 */
export const stolenTokenWithVendorCertificate = attack({
  kind: 'forge',
  id: 'SPF-06b',
  title: "A copy of the victim's certificate in another product's field is as good as its key",
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4', 'RFC8705§3'],
  prod: 'P2',
  needs: ['mtls', 'victim-certificate'],
  expect: 'refused',
  refusedAs: ['path.stray', 'token.no-certificate'],
  mustNotArrive: ['x-ssl-client-cert'],
  forge: (honest, kit) => [
    {
      ...honest,
      certificate: 'none',
      fields: [...honest.fields, ['X-SSL-Client-Cert', encodeURIComponent(kit.victimCertificate?.pem ?? '')], ['X-SSL-Client-Verify', 'SUCCESS']],
    },
  ],
})
