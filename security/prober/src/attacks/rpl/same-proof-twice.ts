import { attack } from '../../attack.js'

/**
 * The thief saw one request go by and sends it again, letter for letter.
 * Nothing in the copy is wrong; only a server that remembers what it has accepted can refuse it.
 */
export const sameProofTwice = attack({
  kind: 'forge',
  id: 'RPL-01',
  title: 'A captured proof can be used again',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.replayed'],
  forge: (honest) => [honest, honest],
})
