import { attack } from '../../attack.js'

/**
 * Nobody attacks: the client's library escapes a letter that needs no escape.
 * Both spellings name one target, and a server that compares letters turns an honest client away.
 */
export const escapedLetter = attack({
  kind: 'forge',
  id: 'PRF-03b',
  title: 'A client that escapes more than it must is turned away',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3', 'RFC3986§6.2.2.2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest, kit) => {
    const path = honest.target.split('?')[0]!.replace(/[a-z](?=[^a-z]*$)/i, (letter) => `%${letter.charCodeAt(0).toString(16)}`)
    return [{ ...honest, dpop: [kit.owner(honest, { htu: `${kit.base}${path}` })] }]
  },
})
