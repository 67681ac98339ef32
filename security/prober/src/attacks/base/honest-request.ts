import { attack } from '../../attack.js'

/**
 * Nobody attacks: the canary client sends what the specification asks for, and must be let in.
 * A chain that refuses its own clients makes every other refusal worthless as evidence.
 */
export const honestRequest = attack({
  kind: 'forge',
  id: 'BASE-01',
  title: 'An honest client is turned away',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9449§7.1'],
  prod: 'P2',
  needs: ['dpop'],
  expect: 'accepted',
  refusedAs: [],
  forge: (honest) => [honest],
})
