import { attack } from '../../attack.js'

/**
 * The thief learns the `jti` that the victim will use next and spends it first, with a key and token of their own.
 * A replay store that remembers the bare `jti` then refuses the victim, and anybody can lock anybody out.
 */
export const jtiBurnedByAnother = attack({
  kind: 'forge',
  id: 'RPL-08',
  title: 'A stranger can spend the proof identifiers of a client',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest, kit) => {
    const jti = kit.random()
    const early = { ...honest, authorization: [`DPoP ${kit.thiefToken.value}`] }
    return [
      { ...early, dpop: [kit.thief(early, { jti })] },
      { ...honest, dpop: [kit.owner(honest, { jti })] },
    ]
  },
})
