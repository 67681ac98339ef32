import { attack } from '../../attack.js'

/**
 * The client sets only Client-Cert-Chain, the lesser known of the two fields.
 * An edge that removes the one and forgets the other passes it on to an application that may build an identity from it.
 */
export const forgedChain = attack({
  kind: 'forge',
  id: 'SPF-03',
  title: 'A client can choose the certificate chain that the application sees',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.3', 'RFC9440§2.4'],
  prod: 'P2',
  needs: ['edge'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['client-cert-chain'],
  forge: (honest, kit) => {
    const certificate = kit.victimCertificate?.rfc9440 ?? `:${Buffer.from('somebody else').toString('base64')}:`
    return [{ ...honest, fields: [...honest.fields, ['Client-Cert-Chain', certificate]] }]
  },
})
