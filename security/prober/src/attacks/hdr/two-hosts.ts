import { attack } from '../../attack.js'

/**
 * The request names two hosts: the real one and another.
 * Gateway and application may each take another one for the host that is meant.
 */
export const twoHosts = attack({
  kind: 'forge',
  id: 'HDR-09',
  title: 'A request with two Host fields is let in',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9112§3.2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.target'],
  refusedBy: 'server',
  forge: (honest, kit) => [{ ...honest, fields: [...honest.fields, ['Host', new URL(kit.base).host], ['Host', 'other.example']] }],
})
