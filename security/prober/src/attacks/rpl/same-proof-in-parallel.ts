import { attack } from '../../attack.js'

/**
 * The thief sends five copies of one request at the same moment.
 * A server that looks first and remembers later finds the proof unused in each of them.
 */
export const sameProofInParallel = attack({
  kind: 'forge',
  id: 'RPL-02',
  title: 'A captured proof can be used more than once at the same time',
  control: 'POP-AP-02',
  layer: 'application',
  spec: ['RFC9449§11.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'once',
  refusedAs: [],
  forge: (honest) => [honest, honest, honest, honest, honest],
})
