import type { RealGateway } from '../gateway-contract.testkit.js'
import { findNginx, startNginx } from './nginx-process.js'

export const NGINX: RealGateway = {
  product: 'nginx',
  isInstalled: findNginx() !== undefined,
  async start([main], dir) {
    const nginx = await startNginx({ config: main!.text, dir })
    return { ...nginx, reload: ([next]) => nginx.reload(next!.text) }
  },
}
