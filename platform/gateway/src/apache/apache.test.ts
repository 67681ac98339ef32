import { gatewayContract } from '../gateway-contract.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { APACHE } from './apache.testkit.js'

gatewayContract(APACHE)
gatewayStreams(APACHE)
