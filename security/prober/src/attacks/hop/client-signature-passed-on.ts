import { attack } from '../../attack.js'

/**
 * The client brings a signature of its own, under a label and a key id that nobody here knows, and the edge is asked what it does with it.
 * A hop that passes it on, or signs it, lends its place beside the attestation to whoever wants to be seen there.
 */
export const clientSignaturePassedOn = attack({
  kind: 'forge',
  id: 'HOP-10a',
  title: "A client's signature goes on beside the attestation",
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9421§4.3', 'RFC9421§7.2.5'],
  prod: 'P1',
  needs: ['dpop', 'attested'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['signature', 'signature-input'],
  forge: (honest, kit) => {
    const parameters = `;created=${kit.now};keyid="${kit.random()}"`
    const fields = [
      ['Signature-Input', `client=("authorization" "dpop")${parameters}`],
      ['Signature', `client=:${Buffer.alloc(64, 7).toString('base64')}:`],
    ] as const
    return [{ ...honest, fields: [...honest.fields, ...fields] }]
  },
})
