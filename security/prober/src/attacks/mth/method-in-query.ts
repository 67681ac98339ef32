import { attack } from '../../attack.js'

/**
 * The thief has a proof for a GET and sends a POST with the method GET in the query.
 * A framework that rewrites the method before the proof is checked compares it with what the thief said.
 */
export const methodInQuery = attack({
  kind: 'forge',
  id: 'MTH-02a',
  title: 'The client decides with which method a proof is compared, in the query',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-8'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.method'],
  forge: (honest, kit) => [
    {
      ...honest,
      method: 'POST',
      dpop: [kit.owner(honest)],
      target: `${honest.target}&_method=${honest.method}`,
    },
  ],
})
