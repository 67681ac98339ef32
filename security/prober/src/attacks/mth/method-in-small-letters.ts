import { attack } from '../../attack.js'

/**
 * The request asks with get in small letters, with a proof for just that.
 * Methods are told apart by case: a rule for GET does not see it, and a lenient application takes it for GET.
 */
export const methodInSmallLetters = attack({
  kind: 'forge',
  id: 'MTH-05b',
  title: 'A method in small letters passes for the real one',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9110§9.1'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: [],
  refusedBy: 'server',
  forge: (honest, kit) => {
    const odd = { ...honest, method: 'get' }
    return [{ ...odd, dpop: [kit.owner(odd)] }]
  },
})
