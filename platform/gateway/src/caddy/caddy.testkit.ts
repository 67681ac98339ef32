import type { RealGateway } from '../gateway-contract.testkit.js'
import { findCaddy, startCaddy } from './caddy-process.js'

export const CADDY: RealGateway = { product: 'caddy', isInstalled: findCaddy() !== undefined, start: startCaddy }
