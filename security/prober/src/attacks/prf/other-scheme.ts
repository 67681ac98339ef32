import { attack } from '../../attack.js'

/**
 * The proof names our host and path under another scheme.
 * Behind a terminator the application sees plain HTTP, and one that builds the target from its own connection accepts this proof.
 */
export const otherScheme = attack({
  kind: 'forge',
  id: 'PRF-02c',
  title: 'A proof for another scheme is accepted',
  control: 'POP-AP-03',
  layer: 'application',
  spec: ['RFC9449§4.3-9'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['proof.target'],
  forge: (honest, kit) => {
    const swapped = kit.base.startsWith('https:') ? kit.base.replace('https:', 'http:') : kit.base.replace('http:', 'https:')
    return [{ ...honest, dpop: [kit.owner(honest, { htu: `${swapped}${honest.target.split('?')[0]}` })] }]
  },
})
