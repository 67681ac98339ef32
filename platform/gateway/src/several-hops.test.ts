import { APACHE } from './apache/apache.testkit.js'
import { CADDY } from './caddy/caddy.testkit.js'
import { HAPROXY } from './haproxy/haproxy.testkit.js'
import { NGINX } from './nginx/nginx.testkit.js'
import { behind, ownProxy, severalHops } from './several-hops.testkit.js'

severalHops('nginx, then nginx', NGINX.isInstalled, behind(NGINX), behind(NGINX))
severalHops('nginx, then the own proxy', NGINX.isInstalled, behind(NGINX), ownProxy)
severalHops('the own proxy, twice', true, ownProxy, ownProxy)
severalHops('HAProxy, then Caddy', HAPROXY.isInstalled && CADDY.isInstalled, behind(HAPROXY), behind(CADDY))
severalHops('Caddy, then HAProxy', HAPROXY.isInstalled && CADDY.isInstalled, behind(CADDY), behind(HAPROXY))
severalHops('HAProxy, then Apache', APACHE.isInstalled && HAPROXY.isInstalled, behind(HAPROXY), behind(APACHE))
