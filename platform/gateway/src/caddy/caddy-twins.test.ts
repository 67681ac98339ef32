import { gatewayTwins } from '../gateway-twins.testkit.js'
import { CADDY_FORGIVEN, CADDY_TWINS } from './caddy-twins.testkit.js'
import { CADDY } from './caddy.testkit.js'

gatewayTwins(CADDY, CADDY_TWINS, CADDY_FORGIVEN)
