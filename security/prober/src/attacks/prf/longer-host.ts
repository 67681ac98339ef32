import { attack } from '../../attack.js'

/**
 * The proof names a host of the attacker that begins with the letters of ours.
 * A server that compares by prefix takes the one for the other.
 */
export const longerHost = attack({
  kind: 'forge',
  id: 'PRF-02b',
  title: 'A proof for a host that merely looks like ours is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => {
    const htu = `${kit.base}${honest.target.split('?')[0]}`.replace(/^(https?:\/\/[^:/]+)/, '$1.thief.example')
    return [{ ...honest, dpop: [kit.owner(honest, { htu })] }]
  },
})
