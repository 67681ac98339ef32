import type { Slice } from '@everyhop/chain'
import { indent as indentBy, text, type Lines } from '../config/blocks.js'
import type { ConfigOptions } from '../config/config-options.js'
import { filePath, hopName, listenAddress, pathPrefix } from '../config/config-values.js'
import { waysOf, type Way, type Ways } from '../config/ways.js'
import { HOP_FIELDS, REMOVAL_DIGEST, SENSITIVE_FIELDS } from '../sensitive-fields.js'

/**
 * The nginx configuration of one hop, for nginx 1.18 and later with `auth_request`. The decision service decides and signs,
 * nginx passes on, and where there is no decision it answers 503. Throws ConfigError for what would not be safe to write.
 */
export function nginxConfig(slice: Slice, options: ConfigOptions): string {
  const ways = waysOf(slice, options)
  const blocks = [...upstreams(ways.ways, options), ...maps(ways.ways, slice), ...server(slice, ways, options)]
  const head = [
    `# Everyhop: hop ${hopName(slice.hop)}, forward ${ways.mode}. Generated; change the manifest and generate again.`,
    '# Every request is decided by the decision service before it is passed on. No decision: 503.',
  ]
  if (!options.standalone) return text([...head, ...blocks])
  return text([
    ...head,
    ...mainContext(filePath('the directory', options.standalone.dir)),
    'http {',
    ...indent(httpContext(options.standalone.dir)),
    ...indent(blocks),
    '}',
  ])
}

const upstreamOf = ({ hop }: Way): string => `everyhop_next_${hop}`

function upstreams(ways: readonly Way[], { socket }: ConfigOptions): Lines {
  return [
    `upstream everyhop_decision { server unix:${filePath('the socket', socket)} max_fails=0; keepalive 32; }`,
    ...ways.map((way) => `upstream ${upstreamOf(way)} { server ${way.server} max_fails=0; keepalive 32; }`),
    '',
  ]
}

/**
 * The decision chooses the next hop: nginx's own matching of paths could disagree with it, and an answer on the socket that
 * names none (from something that is no decision service) leads nowhere.
 */
const UPGRADE_MAPS: Lines = [
  '# A WebSocket may leave HTTP. After "Upgrade: h2c" nothing would be decided.',
  'map $http_upgrade $everyhop_upgrade {',
  "    default '';",
  '    ~*^websocket$ websocket;',
  '}',
  'map $everyhop_upgrade $everyhop_connection {',
  "    default '';",
  '    websocket upgrade;',
  '}',
]

function maps(ways: readonly Way[], slice: Slice): Lines {
  const table = (name: string, of: (way: Way) => string): Lines => [
    `map $everyhop_next $everyhop_${name} {`,
    "    default '';",
    ...ways.map((way) => `    ${way.hop} ${of(way)};`),
    '}',
  ]
  const chosen = [
    ...table('upstream', upstreamOf),
    ...table('authority', (way) => way.authority),
    ...table('name', (way) => hostOf(way.authority)),
    ...table('scheme', (way) => way.scheme),
    ...UPGRADE_MAPS,
    '',
  ]
  const { rewrite } = slice.next!
  if (!rewrite) return chosen
  const from = pathPrefix(rewrite.from)
  const to = pathPrefix(rewrite.to)
  // The bytes that the client sent, not nginx's decoded path: the signature names them.
  return [
    ...chosen,
    'map $request_uri $everyhop_target {',
    "    default '/everyhop-undeclared';",
    `    "~^${from.replaceAll('.', '\\.')}(?<everyhop_rest>[/?].*)?$" "${to}$everyhop_rest";`,
    '}',
    '',
  ]
}

function server(slice: Slice, ways: Ways, options: ConfigOptions): Lines {
  return [
    'server {',
    ...indent([
      `listen ${listenAddress(options.listen ?? '443')} ssl http2;`,
      `server_name ${ways.names.join(' ')};`,
      'server_tokens off;',
      '',
      `ssl_certificate ${filePath('the certificate', options.certificate)};`,
      `ssl_certificate_key ${filePath('the certificate key', options.certificateKey)};`,
      'ssl_protocols TLSv1.2 TLSv1.3;',
      ...(ways.takesCertificates
        ? [
            '# Asked for, not demanded: whether a token needs one is said by the token.',
            `ssl_client_certificate ${filePath('the client CA', options.clientCa!)};`,
            'ssl_verify_client optional;',
          ]
        : []),
      '# A resumed session or early data would bring a proof without its handshake.',
      'ssl_session_tickets off;',
      'ssl_session_cache none;',
      'ssl_early_data off;',
      '',
      '# One spelling for each field and path, on both sides of the decision.',
      'underscores_in_headers off;',
      'ignore_invalid_headers on;',
      'merge_slashes off;',
      'large_client_header_buffers 4 16k;',
      'client_max_body_size 10m;',
      'proxy_headers_hash_max_size 4096;',
      'proxy_headers_hash_bucket_size 128;',
      '',
      ...applicationLocation(slice, ways, options),
      '',
      ...DECIDE_LOCATION,
      '',
      ...REFUSAL_LOCATIONS,
    ]),
    '}',
  ]
}

function applicationLocation(slice: Slice, { ways, mode, givesNonces }: Ways, options: ConfigOptions): Lines {
  const isAttested = mode === 'attested'
  const overTls = ways.some(({ scheme }) => scheme === 'https')
  const set = (name: string, value: string): string => `proxy_set_header ${name} ${value};`
  const carried = (name: string, variable: string): Lines => (isAttested ? [set(name, variable)] : [set(name, "''")])
  return [
    'location / {',
    ...indent([
      'satisfy all;',
      'auth_request /__everyhop/decide;',
      'auth_request_set $everyhop_answer $upstream_http_everyhop_answer;',
      'auth_request_set $everyhop_next $upstream_http_everyhop_next;',
      ...(isAttested
        ? [
            'auth_request_set $everyhop_hop $upstream_http_everyhop_hop;',
            'auth_request_set $everyhop_signature $upstream_http_signature;',
            'auth_request_set $everyhop_signature_input $upstream_http_signature_input;',
            'auth_request_set $everyhop_client_cert $upstream_http_client_cert;',
          ]
        : []),
      ...(mode === 'rebound'
        ? ['auth_request_set $everyhop_authorization $upstream_http_authorization;', 'auth_request_set $everyhop_proof $upstream_http_dpop;']
        : []),
      ...(givesNonces
        ? [
            'auth_request_set $everyhop_nonce $upstream_http_dpop_nonce;',
            'add_header DPoP-Nonce $everyhop_nonce always;',
            'add_header Cache-Control no-store always;',
          ]
        : []),
      'error_page 401 403 = @everyhop_refuse;',
      'error_page 500 = @everyhop_closed;',
      '',
      "# No URI part of its own: the path goes on as it came. The application's own refusals pass unchanged.",
      `proxy_pass $everyhop_scheme://$everyhop_upstream${slice.next!.rewrite ? '$everyhop_target' : ''};`,
      ...(overTls
        ? [
            `proxy_ssl_trusted_certificate ${filePath('the upstream CA', options.upstreamCa!)};`,
            'proxy_ssl_verify on;',
            'proxy_ssl_server_name on;',
            'proxy_ssl_name $everyhop_name;',
          ]
        : []),
      'proxy_intercept_errors off;',
      'proxy_ignore_headers X-Accel-Redirect;   # an answer must not lead into locations that only nginx may enter',
      'proxy_next_upstream off;   # a proof is good once: nothing is sent twice',
      'proxy_connect_timeout 2s;',
      'proxy_http_version 1.1;',
      set('Connection', '$everyhop_connection'),
      set('Upgrade', '$everyhop_upgrade'),
      set('Host', '$everyhop_authority'),
      '# Content goes on as it comes, both ways.',
      'proxy_request_buffering off;',
      'proxy_buffering off;',
      'proxy_buffer_size 16k;',
      'proxy_buffers 8 16k;',
      '',
      isAttested ? '# What the decision signed. Empty removes the field, so a client cannot set it.' : '# Only an attesting hop may set these: removed.',
      ...carried('Everyhop-Hop', '$everyhop_hop'),
      ...carried('Signature', '$everyhop_signature'),
      ...carried('Signature-Input', '$everyhop_signature_input'),
      ...carried('Client-Cert', '$everyhop_client_cert'),
      ...(mode === 'rebound'
        ? [
            "# This hop's own token and proof, in place of the client's: empty removes what a client sent.",
            set('Authorization', '$everyhop_authorization'),
            set('DPoP', '$everyhop_proof'),
          ]
        : []),
      '',
      '# What a client could forge. nginx removes by exact name; names with "_" are dropped above.',
      ...SENSITIVE_FIELDS.filter((name) => !SET_BY_NGINX.has(name)).map((name) => set(name, "''")),
      set('X-Forwarded-For', '$remote_addr'),
      set('X-Forwarded-Proto', '$scheme'),
    ]),
    '}',
  ]
}

const SET_BY_NGINX = new Set(['X-Forwarded-For', 'X-Forwarded-Proto', ...HOP_FIELDS])
const hostOf = (value: string): string => value.replace(/:\d+$/, '')

const TO_DECISION = [
  'proxy_http_version 1.1;',
  "proxy_set_header Connection '';",
  "proxy_set_header Upgrade '';",
  'proxy_set_header Host decision;',
  "proxy_set_header Content-Length '';",
  'proxy_pass_request_body off;',
  'proxy_next_upstream off;',
  'proxy_cache off;',
  'proxy_connect_timeout 1s;',
  'proxy_read_timeout 2s;',
  'proxy_buffer_size 16k;   # the default is too small for a signed answer',
  'proxy_buffers 4 16k;',
  'proxy_busy_buffers_size 32k;',
]

const DECIDE_LOCATION = [
  '# The service signs what it allows, so nobody but nginx may ask it.',
  'location = /__everyhop/decide {',
  ...indent([
    'internal;',
    'proxy_pass http://everyhop_decision/decide;',
    'proxy_method POST;',
    'proxy_intercept_errors off;',
    ...TO_DECISION,
    "# What nginx saw. A client's own field of that name is replaced, or removed where the value is empty.",
    'proxy_set_header Everyhop-Method $request_method;',
    'proxy_set_header Everyhop-Target $request_uri;',
    'proxy_set_header Everyhop-Request $request_id;',
    'proxy_set_header Everyhop-Peer $remote_addr;',
    'proxy_set_header Everyhop-Cert $ssl_client_escaped_cert;',
    'proxy_set_header Everyhop-Cert-Verify $ssl_client_verify;',
    'proxy_set_header Everyhop-Early $ssl_early_data;',
    `proxy_set_header Everyhop-Removes ${REMOVAL_DIGEST};   # the list below which this configuration removes`,
    "proxy_set_header Everyhop-Answer '';",
    "proxy_set_header Everyhop-Next '';",
  ]),
  '}',
]

const REFUSAL_LOCATIONS = [
  '# auth_request passes on one challenge and no body, so the refusal comes sealed in one field and is rendered here.',
  'location @everyhop_refuse {',
  ...indent([
    'internal;',
    'proxy_method GET;',
    'proxy_pass_request_headers off;',
    ...TO_DECISION,
    'proxy_set_header Everyhop-Answer $everyhop_answer;',
    'rewrite ^ /render? break;   ',
    'proxy_pass http://everyhop_decision;',
    'error_page 500 502 504 = @everyhop_closed;',
  ]),
  '}',
  'location @everyhop_closed {',
  ...indent([
    'internal;',
    'default_type application/problem+json;',
    'add_header Cache-Control no-store always;',
    'add_header Retry-After 1 always;',
    `return 503 '{"type":"about:blank","title":"Service Unavailable","status":503}';`,
  ]),
  '}',
]

function mainContext(dir: string): Lines {
  return ['daemon off;', 'worker_processes 1;', `pid ${dir}/nginx.pid;`, `error_log ${dir}/error.log notice;`, 'events { worker_connections 1024; }']
}

function httpContext(dir: string): Lines {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `${kind}_temp_path ${dir}/${kind}_temp;`)
  return [...temporary, 'access_log off;', 'default_type application/octet-stream;', '']
}

function indent(block: Lines): Lines {
  return indentBy(block, '    ')
}
