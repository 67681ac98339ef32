import { gatewayContract } from '../gateway-contract.testkit.js'
import { APACHE } from './apache.testkit.js'

gatewayContract(APACHE)
