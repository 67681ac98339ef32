import { attack } from '../../attack.js'

/**
 * The attacker holds a proof that was made for one token and uses it with another token of the same key.
 * A server that ignores `ath` lets a proof for a weak token unlock a strong one.
 */
export const proofForOtherToken = attack({
  kind: 'forge',
  id: 'RPL-11',
  title: 'A proof for one token works for another',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-12'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.token-hash'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner({ ...honest, authorization: [`DPoP ${kit.otherToken.value}`] })] }],
})
