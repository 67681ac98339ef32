import { attack } from '../../attack.js'

/**
 * The client, who is somebody, sets the Client-Cert field to say that they are somebody else.
 * Where the edge does not remove the field, an application that trusts it believes the client.
 */
export const forgedClientCert = attack({
  kind: 'forge',
  id: 'SPF-01a',
  title: 'A client can choose the certificate that the application sees',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4'],
  prod: 'P2',
  needs: ['edge'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['client-cert'],
  forge: (honest, kit) => {
    const certificate = kit.victimCertificate?.rfc9440 ?? `:${Buffer.from('somebody else').toString('base64')}:`
    return [{ ...honest, fields: [...honest.fields, ['Client-Cert', certificate]] }]
  },
})
