import { attack } from '../../attack.js'

/**
 * The claims of the proof are bytes that no text in UTF-8 has.
 * A reader that replaces what it cannot read sees other claims than the one beside it.
 */
export const brokenText = attack({
  kind: 'forge',
  id: 'FOP-02c',
  title: 'A proof that is no valid text is let in',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-2'],
  prod: 'P3',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed', 'proof.signature', 'proof.incomplete'],
  forge: (honest, kit) => {
    const [head = '', , signature = ''] = kit.owner(honest).split('.')
    return [{ ...honest, dpop: [`${head}.${Buffer.from('{"jti":"\xff\xfe"}', 'latin1').toString('base64url')}.${signature}`] }]
  },
})
