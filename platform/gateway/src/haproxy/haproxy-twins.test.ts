import { gatewayTwins } from '../gateway-twins.testkit.js'
import { HAPROXY_FORGIVEN, HAPROXY_TWINS } from './haproxy-twins.testkit.js'
import { HAPROXY } from './haproxy.testkit.js'

gatewayTwins(HAPROXY, HAPROXY_TWINS, HAPROXY_FORGIVEN)
