import type { RealGateway } from '../gateway-contract.testkit.js'
import { findHaproxy, startHaproxy } from './haproxy-process.js'

export const HAPROXY: RealGateway = { product: 'haproxy', isInstalled: findHaproxy() !== undefined, start: startHaproxy }
