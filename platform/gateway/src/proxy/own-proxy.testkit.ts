import type { OwnGateway } from '../gateway-contract.testkit.js'
import { createProxy } from './proxy.js'

export const OWN: OwnGateway = {
  product: 'own proxy',
  isInstalled: true,
  async open({ deciding, pki, upstreams, port }) {
    const tls = { servers: [{ certificate: pki.server.cert, key: pki.server.key }], clientCa: pki.client.cert }
    const proxy = await createProxy({ ...deciding, tls, upstreams, port })
    return { stop: () => proxy.close(50), reload: async () => proxy.reload(deciding.slice) }
  },
}
