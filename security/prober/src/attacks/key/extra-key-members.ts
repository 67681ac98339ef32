import { attack } from '../../attack.js'

/**
 * Nobody attacks: the client's library adds `use` and `kid` to the key, in another order of members.
 * The thumbprint covers the required members only, so the key is the same and the client must be let in.
 */
export const extraKeyMembers = attack({
  kind: 'forge',
  id: 'KEY-04a',
  title: 'A client whose key carries harmless members is turned away',
  control: 'POP-AP-01',
  layer: 'application',
  spec: ['RFC7638§3'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, {}, { jwk: { use: 'sig', kid: 'a', ...kit.jwk('owner') } })] }],
})
