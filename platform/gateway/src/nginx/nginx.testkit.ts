import type { RealGateway } from '../gateway-contract.testkit.js'
import { findNginx, startNginx } from './nginx-process.js'

export const NGINX: RealGateway = {
  product: 'nginx',
  isInstalled: findNginx() !== undefined,
  start: ([main], dir) => startNginx({ config: main!.text, dir }),
}
