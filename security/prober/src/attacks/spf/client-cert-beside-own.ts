import { attack } from '../../attack.js'

/**
 * The thief connects with a certificate of their own and puts the victim's into the Client-Cert field.
 * An edge that adds its field beside the one that is there leaves the choice to the application.
 */
export const clientCertBesideOwn = attack({
  kind: 'forge',
  id: 'SPF-02',
  title: "The victim's certificate in a field outweighs the one of the connection",
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4'],
  prod: 'P2',
  needs: ['mtls', 'victim-certificate', 'second-client'],
  expect: 'refused',
  refusedAs: ['path.stray', 'token.other-certificate'],
  mustNotArrive: ['client-cert'],
  forge: (honest, kit) => [{ ...honest, certificate: 'other', fields: [...honest.fields, ['Client-Cert', kit.victimCertificate?.rfc9440 ?? '']] }],
})
