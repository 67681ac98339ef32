import { attack } from '../../attack.js'

/**
 * The thief sends a false proof of ten thousand characters.
 * A hop that drops a field which is too long, and forwards the rest, turns the request into one without a proof.
 */
export const oversizedProof = attack({
  kind: 'forge',
  id: 'HDR-08',
  title: 'A proof that is too long is dropped and the request let through',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9110§5.4'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.malformed', 'token.other-key'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.thief(honest, { padding: 'x'.repeat(7_000) })] }],
})
