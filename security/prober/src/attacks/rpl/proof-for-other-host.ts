import { attack } from '../../attack.js'

/**
 * The thief runs an API that the victim also calls, collects its proofs there, and spends them here.
 * A server that compares only the path of `htu` cannot tell that the proof was meant for somebody else.
 */
export const proofForOtherHost = attack({
  kind: 'forge',
  id: 'RPL-07c',
  title: 'A proof made for another API works here',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htu: `https://api.thief.example${honest.target.split('?')[0]}` })] }],
})
