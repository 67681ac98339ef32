import { gatewayContract } from '../gateway-contract.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { HAPROXY } from './haproxy.testkit.js'

gatewayContract(HAPROXY)
gatewayStreams(HAPROXY)
