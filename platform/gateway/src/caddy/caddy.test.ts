import { gatewayContract } from '../gateway-contract.testkit.js'
import { CADDY } from './caddy.testkit.js'

gatewayContract(CADDY)
