import { attack } from '../../attack.js'

/**
 * The proof comes as a JSON object with its three parts as members, which can hold many signatures.
 * A server whose library takes either form may verify one signature and believe what another covers.
 */
export const jsonSerialization = attack({
  kind: 'forge',
  id: 'PRF-15c',
  title: 'A proof in another notation is accepted',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC9449§4.3-2'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed'],
  forge: (honest) => [
    {
      ...honest,
      dpop: honest.dpop.map((proof) => {
        const [header, payload, signature] = proof.split('.')
        return JSON.stringify({ protected: header, payload, signature })
      }),
    },
  ],
})
