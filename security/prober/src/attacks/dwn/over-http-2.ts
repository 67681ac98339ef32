import { attack } from '../../attack.js'

/**
 * The thief sends the stolen token with a proof of its own key over HTTP/2.
 * A server that speaks it by another part may have left the check out there.
 */
export const overHttp2 = attack({
  kind: 'forge',
  id: 'DWN-06b',
  title: 'Over HTTP/2 a stolen token works with any key',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9449§7.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['token.other-key'],
  forge: (honest, kit) => [{ ...honest, version: '2', dpop: [kit.thief(honest)] }],
})
