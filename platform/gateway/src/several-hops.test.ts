import { NGINX } from './nginx/nginx.testkit.js'
import { behind, ownProxy, severalHops } from './several-hops.testkit.js'

severalHops('nginx, then nginx', NGINX.isInstalled, behind(NGINX), behind(NGINX))
severalHops('nginx, then the own proxy', NGINX.isInstalled, behind(NGINX), ownProxy)
