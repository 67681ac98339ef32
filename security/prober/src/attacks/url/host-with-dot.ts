import { attack } from '../../attack.js'

/**
 * The proof names the host of the API with a dot at its end.
 * Resolvers take both for one host, and a cache or rule keyed by the name takes them for two.
 */
export const hostWithDot = attack({
  kind: 'forge',
  id: 'URL-10',
  title: 'A proof for the host with a dot at its end is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC3986§6.2.3', 'RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target', 'proof.malformed'],
  forge: (honest, kit) => [{ ...honest, dpop: [kit.owner(honest, { htu: kit.base.replace(/^(https?:\/\/[^/:]+)/, '$1.') + honest.target.split('?')[0] })] }],
})
