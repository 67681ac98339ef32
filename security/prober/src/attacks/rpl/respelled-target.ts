import { attack } from '../../attack.js'

/**
 * The attacker repeats the `jti` of a spent proof, with `htu` in another spelling of the same target.
 * A replay store whose key contains the text of `htu` takes the second for something new.
 */
export const respelledTarget = attack({
  kind: 'forge',
  id: 'RPL-09',
  title: 'A spent proof works again when its target is spelled differently',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1', 'RFC3986§6.2.2.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.replayed'],
  forge: (honest, kit) => {
    const jti = kit.random()
    const htu = kit.base.replace(/^https?:\/\/[^/]+/, (origin) => origin.toUpperCase()) + honest.target.split('?')[0]
    return [
      { ...honest, dpop: [kit.owner(honest, { jti })] },
      { ...honest, dpop: [kit.owner(honest, { jti, htu })] },
    ]
  },
})
