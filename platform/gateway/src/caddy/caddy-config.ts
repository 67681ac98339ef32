import type { Slice } from '@everyhop/chain'
import { indent, text, type Lines } from '../config/blocks.js'
import type { ConfigOptions } from '../config/config-options.js'
import { filePath, hopName, listenAddress, pathPrefix } from '../config/config-values.js'
import { waysOf, type Way, type Ways } from '../config/ways.js'
import { CREDENTIALS, HOP_FIELDS, REMOVAL_DIGEST, SENSITIVE_FIELDS } from '../sensitive-fields.js'

/**
 * The Caddyfile of one hop, for Caddy 2.6 and later. A next hop is reached from inside the decision's answer and nowhere
 * else, so that no answer, a wrong one, or one that is not the decision service's leads to 503. Throws ConfigError for what
 * would not be safe to write.
 */
export function caddyConfig(slice: Slice, options: ConfigOptions): string {
  const ways = waysOf(slice, options)
  return text([
    `# Everyhop: hop ${hopName(slice.hop)}, forward ${ways.mode}. Generated; change the manifest and generate again.`,
    '# Every request is decided by the decision service before it is passed on. No decision: 503.',
    ...block('', globalOptions(options)),
    '',
    ...block(addresses(ways, options), site(slice, ways, options)),
  ])
}

function block(head: string, body: Lines): Lines {
  return [head === '' ? '{' : `${head} {`, ...indent(body, '\t'), '}']
}

/** What Caddy logs of a request would hold its proof, and of an answer its nonce. */
const WITHOUT_FIELDS = block('format filter', ['wrap json', ...block('fields', ['request>headers delete', 'resp_headers delete'])])

function globalOptions({ standalone }: ConfigOptions): Lines {
  const admin = standalone === undefined ? '/var/lib/caddy/admin.sock' : `${filePath('the directory', standalone.dir)}/admin.sock`
  return [
    '# On TCP, anybody on this machine could load another configuration.',
    `admin unix/${admin}`,
    '# A redirect would come after the token had crossed the network in the clear.',
    'auto_https disable_redirects',
    ...block('log default', WITHOUT_FIELDS),
    ...block('servers', [
      '# HTTP/3 would bring early data, which can be sent again by anybody.',
      'protocols h1 h2',
      '# One name in TLS and in the request, or the certificate was asked for by another host.',
      'strict_sni_host on',
      'max_header_size 64kb',
      ...block('timeouts', ['read_header 10s', 'idle 2m']),
    ]),
  ]
}

function addresses({ names }: Ways, { listen = '443' }: ConfigOptions): string {
  const port = listenAddress(listen).replace(/^.*:/, '')
  return names.map((name) => `https://${name}:${port}`).join(', ')
}

function site(slice: Slice, ways: Ways, options: ConfigOptions): Lines {
  const [, host = '*'] = /^(.*):\d+$/.exec(options.listen ?? '443') ?? []
  return [
    ...(host === '*' || host === '' ? [] : [`bind ${host}`, '']),
    '# Without the fields of requests: proofs are among them.',
    ...block('log', WITHOUT_FIELDS),
    '',
    ...block(`tls ${filePath('the certificate', options.certificate)} ${filePath('the certificate key', options.certificateKey)}`, [
      'protocols tls1.2 tls1.3',
      ...(ways.takesCertificates ? clientCertificates(options) : []),
    ]),
    '',
    ...MATCHERS,
    '',
    '# In this order: Caddy would sort it otherwise.',
    ...block('route', [
      ...block('request_body', ['max_size 10MiB']),
      '',
      ...HYGIENE,
      '',
      ...(ways.takesCertificates ? CERTIFICATE : []),
      ...block(`reverse_proxy unix/${filePath('the socket', options.socket)}`, decision(slice, ways, options)),
    ]),
    '',
    ...FAILURE,
  ]
}

const clientCertificates = ({ clientCa }: ConfigOptions): Lines => [
  '# Asked for, not demanded: whether a token needs one is said by the token.',
  ...block('client_auth', ['mode verify_if_given', `trusted_ca_cert_file ${filePath('the client CA', clientCa!)}`]),
]

const UPGRADE: Lines = ['header_regexp Connection (?i)\\bupgrade\\b', 'header_regexp Upgrade (?i)^websocket$']

const MATCHERS: Lines = [
  ...block('@websocket', UPGRADE),
  ...block('@plain not', UPGRADE),
  '@certified vars_regexp {http.reverse_proxy.header.Client-Cert} ^:',
  ...block('@undecided', ['not vars everyhop decided', 'expression {http.error.status_code} >= 500']),
]

const HYGIENE: Lines = [
  '# Connection could name the proof for removal, Upgrade could leave HTTP for a protocol in which nothing is decided.',
  'request_header @websocket Connection Upgrade',
  'request_header @plain -Connection',
  'request_header @plain -Upgrade',
  '# To many applications X_User and X-User are one field.',
  'request_header -*_*',
  '# What a client could forge.',
  ...SENSITIVE_FIELDS.filter((name) => !name.includes('_')).map((name) => `request_header -${name}`),
]

const CERTIFICATE: Lines = [
  '# Only a certificate that the CA verified has got here.',
  ...block('map {http.request.tls.client.fingerprint} {everyhop_verified}', ['~.+ SUCCESS', 'default NONE']),
  '',
]

/** What Caddy saw, and nothing of what the client says that it saw. */
function decision(slice: Slice, ways: Ways, options: ConfigOptions): Lines {
  const tell = (name: string, value: string): string => `header_up Everyhop-${name} ${value}`
  return [
    '# Caddy may ask twice when a kept connection dies: the same question has the same answer.',
    'method GET',
    'rewrite /check?',
    'header_up Host decision',
    ...['Connection', 'Upgrade', 'Expect', 'Te', 'X-Forwarded-*'].map((name) => `header_up -${name}`),
    tell('Method', '{http.request.orig_method}'),
    tell('Target', '{http.request.orig_uri}'),
    tell('Request', '{http.request.uuid}'),
    tell('Peer', '{http.request.remote.host}'),
    ...(ways.takesCertificates ? [tell('Cert', '{http.request.tls.client.certificate_der_base64}'), tell('Cert-Verify', '{everyhop_verified}')] : []),
    '# Names the list above, which this configuration removes.',
    tell('Removes', REMOVAL_DIGEST),
    'header_down -Everyhop-*',
    ...block('transport http', ['dial_timeout 1s', 'response_header_timeout 2s', 'versions 1.1', 'compression off']),
    '',
    ...ways.ways.flatMap((way) => [...passed(slice, way, ways, options), '']),
    '# The refusal itself: status, challenges, body.',
    '@refused header Everyhop-Verdict refuse',
    ...block('handle_response @refused', ['copy_response']),
    '',
    '# Something on the socket that is no decision service.',
    ...block('handle_response', ['error 503']),
  ]
}

function passed(slice: Slice, way: Way, ways: Ways, options: ConfigOptions): Lines {
  const matcher = `@next_${way.hop}`
  const { rewrite } = slice.next!
  return [
    ...block(matcher, ['status 200', 'header Everyhop-Verdict pass', `header Everyhop-Next ${way.hop}`]),
    ...block(`handle_response ${matcher}`, [
      ...block('route', [
        'vars everyhop decided',
        ...(ways.mode === 'attested' ? ATTESTED : ['# Only an attesting hop may set these.', ...HOP_FIELDS.map((name) => `request_header -${name}`)]),
        // Placeholders know a field by the spelling that Go gives it: `Dpop`.
        ...(ways.mode === 'rebound'
          ? [
              "# This hop's own token and proof, in place of the client's.",
              ...CREDENTIALS.map((name) => `request_header ${name} {http.reverse_proxy.header.${name === 'DPoP' ? 'Dpop' : name}}`),
            ]
          : []),
        ...(ways.givesNonces ? ['header +DPoP-Nonce {http.reverse_proxy.header.Dpop-Nonce}', 'header Cache-Control no-store'] : []),
        ...(rewrite ? [rewritten(rewrite)] : []),
        ...block(`reverse_proxy ${way.server}`, onward(way, options)),
      ]),
    ]),
  ]
}

const ATTESTED: Lines = [
  '# What the decision signed, in place of what came.',
  ...HOP_FIELDS.filter((name) => name !== 'Client-Cert').map((name) => `request_header ${name} {http.reverse_proxy.header.${name}}`),
  'request_header -Client-Cert',
  'request_header @certified Client-Cert {http.reverse_proxy.header.Client-Cert}',
]

const rewritten = ({ from, to }: { readonly from: string; readonly to: string }): string =>
  `uri path_regexp ^${pathPrefix(from).replaceAll('.', '\\.')}(/|$) ${pathPrefix(to)}$1`

function onward({ authority, scheme }: Way, { upstreamCa }: ConfigOptions): Lines {
  const tls = [`tls_trusted_ca_certs ${upstreamCa && filePath('the upstream CA', upstreamCa)}`, `tls_server_name ${authority.replace(/:\d+$/, '')}`]
  return [
    `header_up Host ${authority}`,
    'header_up -X-Forwarded-Host',
    'flush_interval -1',
    'lb_try_duration 0',
    ...block('transport http', [
      '# On a kept connection that dies, Caddy sends a request without content again, and a proof is good once.',
      'keepalive off',
      'dial_timeout 2s',
      'versions 1.1',
      'compression off',
      ...(scheme === 'https' ? tls : []),
    ]),
  ]
}

const FAILURE: Lines = block('handle_errors', [
  ...block('handle @undecided', [
    'header Content-Type application/problem+json',
    'header Cache-Control no-store',
    'header Retry-After 1',
    'respond `{"type":"about:blank","title":"Service Unavailable","status":503}` 503',
  ]),
  '# Another host than in TLS, or decided and failed on the way to the application.',
  ...block('handle', ['respond "" {http.error.status_code}']),
])
