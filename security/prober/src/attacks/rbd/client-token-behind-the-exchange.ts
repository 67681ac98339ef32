import { attack } from '../../attack.js'
import { atApplication } from '../at-application.js'

/**
 * The client takes its own token past the hop that would exchange it, with a good proof for the application's own URL.
 * An application that takes tokens of both sides has no use for the hop: whatever it enforces is optional.
 */
export const clientTokenBehindTheExchange = attack({
  kind: 'forge',
  id: 'RBD-05a',
  title: "The client's own token works behind the hop that exchanges it",
  control: 'POP-AP-06',
  layer: 'application',
  spec: ['RFC9068§4', 'RFC9700§2.3'],
  prod: 'P2',
  needs: ['dpop', 'direct-ingress', 'rebound'],
  expect: 'refused',
  refusedAs: ['token.audience'],
  forge: (honest, kit) => {
    const [path = ''] = honest.target.split('?', 1)
    return [atApplication({ ...honest, dpop: [kit.owner(honest, { htu: (kit.exchanger?.inner ?? kit.base) + path, nonce: undefined })] }, kit)]
  },
})
