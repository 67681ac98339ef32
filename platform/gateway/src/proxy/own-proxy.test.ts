import { gatewayContract } from '../gateway-contract.testkit.js'
import { gatewayStreams } from '../gateway-streams.testkit.js'
import { severalHops, ownProxy } from '../several-hops.testkit.js'
import { OWN } from './own-proxy.testkit.js'

gatewayContract(OWN)
gatewayStreams(OWN)
severalHops('the own proxy, twice', true, ownProxy, ownProxy)
