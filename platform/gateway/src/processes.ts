/** The products as processes of one's own, for tests and demonstrations. */
export { findApache, startApache } from './apache/apache-process.js'
export { findCaddy, startCaddy } from './caddy/caddy-process.js'
export { findHaproxy, startHaproxy } from './haproxy/haproxy-process.js'
export { findNginx, startNginx, type NginxProcess } from './nginx/nginx-process.js'
