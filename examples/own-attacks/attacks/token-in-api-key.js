// @ts-check

/**
 * The token goes into a field of this company's own, as its oldest clients still send it, with no proof beside it.
 * A compatibility layer that reads the field lets a stolen token in without asking for the key.
 * @type {import('@everyhop/prober').ForgeAttack}
 */
export const tokenInApiKey = {
  kind: 'forge',
  id: 'OWN-01',
  title: 'A stolen token works in the X-Api-Key field',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['API guideline 7: tokens in Authorization only'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.uncredentialed'],
  forge: (honest, kit) => [{ ...honest, authorization: [], dpop: [], fields: [['X-Api-Key', kit.token.value]] }],
}
