import { attack } from '../../attack.js'

/**
 * The thief has a proof for another path, and writes that path behind the name in Host, with a question mark at its end.
 * A server that puts Host and target together to build a URL compares the proof with what the thief said.
 */
export const hostWithPath = attack({
  kind: 'forge',
  id: 'URL-01',
  title: 'A Host field that contains a path decides what a proof is compared with',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9112§3.2', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => {
    const { host } = new URL(kit.base)
    const dpop = [kit.owner(honest, { htu: `${kit.base}/elsewhere` })]
    return [{ ...honest, dpop, fields: [...honest.fields, ['Host', `${host}/elsewhere?`]] }]
  },
})
