import { attack } from '../../attack.js'

/**
 * A captured proof that was used over HTTP/1.1 is sent again over HTTP/2.
 * Where each version is served by a process of its own, each may remember its own proofs only.
 */
export const spentOverAnotherHttp = attack({
  kind: 'forge',
  id: 'DWN-06c',
  title: 'A proof that was spent over one version of HTTP works again over another',
  control: 'POP-AP-02',
  layer: 'platform',
  spec: ['RFC9449§11.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.replayed'],
  forge: (honest) => [honest, { ...honest, version: '2' }],
})
