import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CERTIFICATE_FIELDS, HOP_FIELDS, IDENTITY_FIELDS, REQUEST_FIELDS } from '@everyhop/gateway'
import { findApache, findCaddy, findHaproxy, findNginx, startApache, startCaddy, startHaproxy, startNginx } from '@everyhop/gateway/processes'
import type { Edit, Place } from '../manifest-file.js'
import type { Stand } from '../stand.js'

export const PRODUCTS = ['nginx', 'haproxy', 'caddy', 'apache'] as const
export type Product = (typeof PRODUCTS)[number]

/** One gateway by hand: it ends TLS or listens plainly, removes what clients must not say, and passes on everything else. */
export type ByHand = {
  readonly product: Product
  readonly place: Place
  readonly to: Place
  readonly isTls: boolean
  readonly edit?: Edit
}

type Setting = { readonly dir: string; readonly port: number; readonly next: number; readonly tls?: { readonly certificate: string; readonly key: string } }

/** What a careful administrator removes, spelled with `_` as well. */
const REMOVED = [
  ...new Set([
    'Client-Cert',
    ...CERTIFICATE_FIELDS,
    ...IDENTITY_FIELDS,
    ...REQUEST_FIELDS,
    ...HOP_FIELDS,
    'Client_Cert',
    'X_User',
    'X_SSL_Client_Cert',
    'X-Auth_Request_User',
  ]),
]

const FOUND: Readonly<Record<Product, () => string | undefined>> = { nginx: findNginx, haproxy: findHaproxy, caddy: findCaddy, apache: findApache }

export const isHere = (product: Product): boolean => FOUND[product]() !== undefined

/** Starts the real product with a configuration of its own; `edit` breaks that as people do. */
export async function startByHand({ life, dir, ports, pki }: Stand, { product, place, to, isTls, edit = (text) => text }: ByHand): Promise<void> {
  const home = join(dir, `${product}-${place}`)
  const setting: Setting = {
    dir: home,
    port: ports[place],
    next: ports[to],
    ...(isTls ? { tls: { certificate: pki.certificate, key: pki.certificateKey } } : {}),
  }
  const text = edit(CONFIG[product](setting))
  const started = await START[product](text, setting)
  life.onStop(() => started.stop())
}

type Start = (text: string, setting: Setting) => Promise<{ readonly stop: () => Promise<void> }>

const START: Readonly<Record<Product, Start>> = {
  nginx: (text, { dir }) => startNginx({ config: text, dir }),
  haproxy: async (text, { dir, port, tls }) => {
    const pem = tls ? [{ name: 'edge.pem', text: (await Promise.all([tls.certificate, tls.key].map((file) => readFile(file, 'utf8')))).join('') }] : []
    return startHaproxy([...pem, { name: 'haproxy.cfg', text }], dir, port)
  },
  caddy: (text, { dir, port }) => startCaddy([{ name: 'Caddyfile', text }], dir, port),
  apache: (text, { dir, port }) => startApache([{ name: 'everyhop.conf', text }], dir, port),
}

const CONFIG: Readonly<Record<Product, (setting: Setting) => string>> = {
  nginx: ({ dir, port, next, tls }) => `daemon off;
worker_processes 1;
pid ${dir}/nginx.pid;
error_log ${dir}/error.log notice;
events { worker_connections 256; }
http {
    client_body_temp_path ${dir}/client_body_temp;
    proxy_temp_path ${dir}/proxy_temp;
    fastcgi_temp_path ${dir}/fastcgi_temp;
    uwsgi_temp_path ${dir}/uwsgi_temp;
    scgi_temp_path ${dir}/scgi_temp;
    access_log off;
    large_client_header_buffers 4 16k;
    server {
        listen 127.0.0.1:${port}${tls ? ' ssl' : ''};
${tls ? `        ssl_certificate ${tls.certificate};\n        ssl_certificate_key ${tls.key};` : ''}
        location / {
${REMOVED.map((name) => `            proxy_set_header ${name} "";`).join('\n')}
            proxy_set_header Host $http_host;
            proxy_http_version 1.1;
            proxy_next_upstream off;
            proxy_pass http://127.0.0.1:${next};
        }
    }
}
`,
  haproxy: ({ dir, port, next, tls }) => `global
    tune.bufsize 32768
    tune.maxrewrite 8192
defaults
    mode http
    timeout connect 5s
    timeout client 30s
    timeout server 30s
    retries 0
frontend edge
    bind 127.0.0.1:${port}${tls ? ` ssl crt ${dir}/edge.pem` : ''}
    http-request deny if METH_TRACE
${REMOVED.map((name) => `    http-request del-header ${name}`).join('\n')}
    default_backend next
backend next
    server next 127.0.0.1:${next}
`,
  caddy: ({ port, next, tls }) => `{
    admin off
    auto_https off
    log {
        level ERROR
    }
}
${tls ? 'https' : 'http'}://127.0.0.1:${port} {
    bind 127.0.0.1
${tls ? `    tls ${tls.certificate} ${tls.key}` : ''}
    @trace method TRACE
    respond @trace 405
    reverse_proxy 127.0.0.1:${next} {
        header_up Host {http.request.hostport}
${REMOVED.map((name) => `        header_up -${name}`).join('\n')}
    }
}
`,
  apache: ({ dir, port, next, tls }) => `ServerRoot ${dir}
DefaultRuntimeDir ${dir}
PidFile ${dir}/apache.pid
ErrorLog ${dir}/error.log
${['mpm_event', 'authz_core', 'headers', 'ssl', 'socache_shmcb', 'rewrite', 'proxy', 'proxy_http'].map((name) => `LoadModule ${name}_module \${EVERYHOP_APACHE_MODULES}/mod_${name}.so`).join('\n')}
ServerName api.invalid
StartServers 1
ThreadsPerChild 25
MaxRequestWorkers 50
LimitRequestFieldSize 32768
Listen 127.0.0.1:${port}
<VirtualHost 127.0.0.1:${port}>
${tls ? `    SSLEngine on\n    SSLCertificateFile ${tls.certificate}\n    SSLCertificateKeyFile ${tls.key}` : ''}
    TraceEnable Off
    AllowEncodedSlashes NoDecode
    MergeSlashes Off
    ProxyAddHeaders Off
    ProxyPreserveHost On
    RewriteEngine On
    RewriteCond %{THE_REQUEST} "^\\S+ //"
    RewriteRule ^ - [R=400,L]
${REMOVED.map((name) => `    RequestHeader unset ${name}`).join('\n')}
    ProxyPass / http://127.0.0.1:${next}/ nocanon retry=0
</VirtualHost>
`,
}
