import { attack } from '../../attack.js'

/**
 * The request asks with TRACE, with a proof for just that.
 * A server that answers it sends back the fields of the request, the token among them, and no rule for the usual methods sees it.
 */
export const trace = attack({
  kind: 'forge',
  id: 'MTH-05a',
  title: 'A request with the method TRACE is answered',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9110§9.3.8'],
  prod: 'P1',
  needs: ['dpop'],
  expect: 'refused',
  refusedAs: ['request.target'],
  refusedBy: 'server',
  forge: (honest, kit) => {
    const odd = { ...honest, method: 'TRACE' }
    return [{ ...odd, dpop: [kit.owner(odd)] }]
  },
})
