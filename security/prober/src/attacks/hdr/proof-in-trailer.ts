import { attack } from '../../attack.js'

/**
 * The client sends its proof behind the content, as a trailer.
 * A server that merges trailers into the fields has decided before it saw the proof, or sees one that no hop has checked.
 */
export const proofInTrailer = attack({
  kind: 'forge',
  id: 'HDR-07',
  title: 'A proof in the trailers is taken for one in the header',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9110§6.5.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.trailer', 'proof.missing'],
  forge: (honest) => [
    {
      ...honest,
      dpop: [],
      fields: [...honest.fields, ['Trailer', 'DPoP']],
      trailers: honest.dpop.map((proof) => ['DPoP', proof] as const),
      body: '{}',
    },
  ],
})
