import { attack } from '../../attack.js'

/**
 * Nobody attacks: the client's library writes the name of the DPoP field in capitals.
 * Names of fields have no case, and a hop that passes on only the spelling it knows loses the proof.
 */
export const proofInCapitals = attack({
  kind: 'forge',
  id: 'HDR-05a',
  title: 'A proof whose field is spelled in capitals gets lost',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9110§5.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest) => [{ ...honest, dpop: [], fields: [...honest.fields, ...honest.dpop.map((proof) => ['DPOP', proof] as const)] }],
})
