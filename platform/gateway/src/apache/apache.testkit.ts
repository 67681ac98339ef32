import type { RealGateway } from '../gateway-contract.testkit.js'
import { findApache, startApache } from './apache-process.js'

export const APACHE: RealGateway = { product: 'apache', isInstalled: findApache() !== undefined, start: startApache, tooEarly: 503 }
