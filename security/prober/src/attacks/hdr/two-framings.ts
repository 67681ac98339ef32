import { attack } from '../../attack.js'

/**
 * The request has a Content-Length and a Transfer-Encoding, which agree here and need not.
 * Two hops that each believe another of them see another end of the request, and the rest becomes a request of its own.
 */
export const twoFramings = attack({
  kind: 'forge',
  id: 'HDR-11',
  title: 'A request that is framed in two ways is passed on as it came',
  control: 'POP-PL-02',
  layer: 'platform',
  spec: ['RFC9112§6.1'],
  prod: 'P3',
  needs: ['dpop'],
  expect: 'no-effect',
  refusedAs: [],
  refusedBy: 'server',
  mustNotArrive: ['content-length'],
  forge: (honest, kit) => {
    const post = {
      ...honest,
      method: 'POST',
      body: '0\r\n\r\n',
      fields: [...honest.fields, ['Content-Length', '5'], ['Transfer-Encoding', 'chunked']] as const,
    }
    return [{ ...post, dpop: [kit.owner(post)] }]
  },
})
