import { attack } from '../../attack.js'

/**
 * The client names a workload of its choice in X-Forwarded-Client-Cert, the field of Envoy and its meshes.
 * A hop that appends to the field instead of replacing it leaves the forged element in front.
 */
export const forgedEnvoyCertificate = attack({
  kind: 'forge',
  id: 'SPF-04',
  title: 'A client can choose the workload that the application sees',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9440§2.4'],
  prod: 'P2',
  needs: ['edge'],
  expect: 'no-effect',
  refusedAs: [],
  mustNotArrive: ['x-forwarded-client-cert'],
  forge: (honest) => [{ ...honest, fields: [...honest.fields, ['X-Forwarded-Client-Cert', `Hash=${'0'.repeat(64)};URI=spiffe://example.org/admin`]] }],
})
