import { attack } from '../../attack.js'

/**
 * Nobody attacks: the client writes scheme and host in capitals, which name the same target.
 * A server that compares letters turns an honest client away.
 */
export const hostInCapitals = attack({
  kind: 'forge',
  id: 'PRF-03a',
  title: 'A client that writes the host in capitals is turned away',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3', 'RFC3986§6.2.2.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest, kit) => {
    const base = kit.base.replace(/^https?:\/\/[^/]+/, (origin) => origin.toUpperCase())
    return [{ ...honest, dpop: [kit.owner(honest, { htu: `${base}${honest.target.split('?')[0]}` })] }]
  },
})
