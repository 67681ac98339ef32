import { gatewayTwins } from '../gateway-twins.testkit.js'
import { NGINX_FORGIVEN, NGINX_TWINS } from './nginx-twins.testkit.js'
import { NGINX } from './nginx.testkit.js'

gatewayTwins(NGINX, NGINX_TWINS, NGINX_FORGIVEN)
