import { gatewayContract } from '../gateway-contract.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { CADDY } from './caddy.testkit.js'

gatewayContract(CADDY)
gatewayStreams(CADDY)
