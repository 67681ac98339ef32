import { attack } from '../../attack.js'

/**
 * The thief has the token but not the key, so they sign a flawless proof with a key of their own.
 * A server that verifies the proof and forgets to compare its key with `cnf.jkt` lets them in.
 */
export const thiefKey = attack({
  kind: 'forge',
  id: 'KEY-01',
  title: 'A stolen token works with the key of the thief',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-12', 'RFC9449§6.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.other-key'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.thief(honest)] }],
})
