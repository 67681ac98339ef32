import { attack } from '../../attack.js'

/**
 * The client sets the fields in which other products convey a certificate: those of nginx guides, Apache, AWS, Azure, Traefik.
 * An edge that removes only its own field passes them on to an application that was written for another edge.
 */
export const forgedVendorCertificate = attack({
  kind: 'forge',
  id: 'SPF-06a',
  title: 'A client can say in the words of another product who it is',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4'],
  prod: 'P2',
  needs: ['edge'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: [
    'x-ssl-client-cert',
    'x-ssl-client-verify',
    'x-ssl-client-dn',
    'ssl-client-cert',
    'x-client-cert',
    'x-arr-clientcert',
    'x-amzn-mtls-clientcert',
    'x-forwarded-tls-client-cert',
  ],
  forge: (honest, kit) => {
    const pem = kit.victimCertificate?.pem ?? 'somebody else'
    const names = ['X-SSL-Client-Cert', 'SSL-Client-Cert', 'X-Client-Cert', 'X-ARR-ClientCert', 'X-Amzn-Mtls-Clientcert', 'X-Forwarded-Tls-Client-Cert']
    const forged = [
      ['X-SSL-Client-Verify', 'SUCCESS'] as const,
      ['X-SSL-Client-DN', 'CN=admin'] as const,
      ...names.map((name) => [name, encodeURIComponent(pem)] as const),
    ]
    return [{ ...honest, fields: [...honest.fields, ...forged] }]
  },
})
