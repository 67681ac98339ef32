import { attack } from '../../attack.js'

/**
 * The thief has a certificate-bound token and the victim's certificate, which is no secret, but not its key.
 * They connect without a certificate and put the victim's into the Client-Cert field, which an edge that adds it only when there is one lets pass.
 */
export const stolenTokenWithClientCert = attack({
  kind: 'forge',
  id: 'SPF-01b',
  title: "A copy of the victim's certificate is as good as its key",
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4', 'RFC8705§3'],
  prod: 'P2',
  needs: ['mtls', 'victim-certificate'],
  expect: 'refused',
  refusedAs: ['path.stray', 'token.no-certificate'],
  mustNotArrive: ['client-cert'],
  forge: (honest, kit) => [{ ...honest, certificate: 'none', fields: [...honest.fields, ['Client-Cert', kit.victimCertificate?.rfc9440 ?? '']] }],
})
