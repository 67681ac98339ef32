import { attack, type Exchange } from '../../attack.js'
import { passedOn, renewed } from '../impersonate.js'

/**
 * The hop signs the signature that the request came with, and nothing of what that signature covers.
 * Whoever believes such an attestation believes that the first signature was right, which nobody has said.
 */
export const signatureInsteadOfContent = attack({
  kind: 'forge',
  id: 'HOP-10b',
  title: 'A hop may sign a signature instead of the request',
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9421§4.3', 'RFC9421§7.3.7'],
  prod: 'P2',
  needs: ['dpop', 'attested', 'direct-ingress', 'hop-credential'],
  expect: 'refused',
  refusedAs: ['attestation.uncovered'],
  forge: (honest, kit) => {
    const value = Buffer.alloc(64, 7).toString('base64')
    const signed: Exchange = { ...honest, fields: kit.path.length > 1 ? honest.fields : [...honest.fields, ['Signature', `client=:${value}:`]] }
    return [passedOn(renewed(honest, kit), kit), passedOn(signed, kit, { coversSignature: true })]
  },
})
