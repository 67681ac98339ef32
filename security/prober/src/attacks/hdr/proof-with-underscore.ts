import { attack } from '../../attack.js'

/**
 * The client sends its proof in a field whose name differs from DPoP by one underscore.
 * A server that folds names, as CGI does, sees a proof that the hop before it neither checked nor removed.
 */
export const proofWithUnderscore = attack({
  kind: 'forge',
  id: 'HDR-05b',
  title: 'A field that merely resembles DPoP is taken for it',
  control: 'POP-PL-03',
  layer: 'platform',
  spec: ['RFC9110§5.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.missing'],
  forge: (honest) => [{ ...honest, dpop: [], fields: [...honest.fields, ...honest.dpop.map((proof) => ['D_PoP', proof] as const)] }],
})
