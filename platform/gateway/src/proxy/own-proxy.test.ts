import { gatewayContract } from '../gateway-contract.testkit.js'
import { OWN } from './own-proxy.testkit.js'

gatewayContract(OWN)
