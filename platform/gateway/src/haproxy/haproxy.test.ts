import { gatewayContract } from '../gateway-contract.testkit.js'
import { HAPROXY } from './haproxy.testkit.js'

gatewayContract(HAPROXY)
