import { attack } from '../../attack.js'

/**
 * Nobody attacks: the client writes the scheme in lower case, which HTTP says is the same scheme.
 * A server that compares letters turns honest clients away, or sends them down the path for unknown schemes.
 */
export const lowerCaseScheme = attack({
  kind: 'forge',
  id: 'DWN-02a',
  title: 'A client that writes the scheme in lower case is turned away',
  control: 'POP-AP-04',
  layer: 'application',
  spec: ['RFC9110§11.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest, kit) => [{ ...honest, authorization: [`dpop ${kit.token.value}`] }],
})
