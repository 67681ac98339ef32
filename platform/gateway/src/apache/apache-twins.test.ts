import { gatewayTwins } from '../gateway-twins.testkit.js'
import { APACHE_FORGIVEN, APACHE_TWINS } from './apache-twins.testkit.js'
import { APACHE } from './apache.testkit.js'

gatewayTwins(APACHE, APACHE_TWINS, APACHE_FORGIVEN)
