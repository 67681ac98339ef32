import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import type { ConfigFile, ConfigOptions } from '../config/config-options.js'
import { filePath, hopName, listenAddress } from '../config/config-values.js'
import { waysOf, type Way, type Ways } from '../config/ways.js'
import { CERTIFICATE_FIELDS, CHANNEL_FIELDS, CREDENTIALS, HOP_FIELDS, IDENTITY_FIELDS, REMOVAL_DIGEST, REQUEST_FIELDS } from '../sensitive-fields.js'
import { haproxyLua } from './haproxy-lua.js'

/**
 * The HAProxy configuration of one hop, for HAProxy 2.6 and later with Lua. A Lua action asks the decision service; the rules
 * after it act on what it said, and where it said nothing they answer 503. Throws ConfigError for what would not be safe to write.
 */
export function haproxyConfig(slice: Slice, options: ConfigOptions): readonly ConfigFile[] {
  const ways = waysOf(slice, options)
  const hop = hopName(slice.hop)
  const home = filePath('the directory of the configuration', options.standalone?.dir ?? options.home ?? '/etc/haproxy')
  const text = lines([
    `# Everyhop: hop ${hop}, forward ${ways.mode}. Generated; change the manifest and generate again.`,
    '# Every request is decided by the decision service before it is passed on. No decision: 503.',
    `# Removes what clients could forge: list ${REMOVAL_DIGEST}.`,
    '# Load it after the other files (haproxy -f haproxy.cfg -f this one), so that its defaults are not theirs.',
    ...global(`${home}/everyhop.lua`, keyBeside(options), options.standalone !== undefined),
    ...defaults(hop),
    ...frontend(hop, ways, options),
    ...ways.ways.flatMap((way) => backend(hop, way, options)),
  ])
  return [
    { name: 'haproxy.cfg', text },
    { name: 'everyhop.lua', text: haproxyLua(slice, options) },
  ]
}

/** HAProxy has no option for the key: it looks for it in the certificate's file, or beside it. */
function keyBeside({ certificate, certificateKey }: ConfigOptions): 'as CERT.key' | 'as NAME.key' {
  if (certificateKey === certificate || certificateKey === `${certificate}.key`) return 'as CERT.key'
  if (certificate.endsWith('.crt') && certificateKey === certificate.replace(/crt$/, 'key')) return 'as NAME.key'
  throw new ConfigError(
    'config.certificate-key',
    'HAProxy takes no path of a key: give the key in the file of the certificate, as CERT.key beside CERT, or as NAME.key beside NAME.crt',
  )
}

const global = (lua: string, key: ReturnType<typeof keyBeside>, isStandalone: boolean): readonly string[] => [
  '',
  'global',
  ...indent([
    `lua-load-per-thread ${lua}`,
    'tune.bufsize 32768        # a certificate, a token, a proof and an attestation in one header block',
    'tune.maxrewrite 8192',
    'tune.ssl.cachesize 0      # no resumed session: HAProxy resumes one that was opened without a certificate where one is verified',
    ...(key === 'as NAME.key' ? ['ssl-load-extra-del-ext    # the key of NAME.crt is NAME.key'] : []),
    ...(isStandalone ? ['maxconn 1000'] : []),
  ]),
]

const defaults = (hop: string): readonly string[] => [
  '',
  `defaults everyhop_${hop}`,
  ...indent([
    'mode http',
    'retries 0                 # a proof is good once: nothing is sent twice',
    'no option redispatch',
    'retry-on none',
    'timeout http-request 10s',
    'timeout http-keep-alive 60s',
    'timeout client 60s',
    'timeout connect 2s',
    'timeout queue 2s',
    'timeout server 60s',
    'timeout tunnel 1h         # of a WebSocket',
  ]),
]

function frontend(hop: string, ways: Ways, options: ConfigOptions): readonly string[] {
  return [
    '',
    `frontend everyhop_${hop} from everyhop_${hop}`,
    ...indent([
      ...(ways.takesCertificates ? ['# A client certificate is asked for, not demanded: whether a token needs one is said by the token.'] : []),
      '# No tickets and, by default, no early data: both would bring a proof without its handshake.',
      bind(ways, options),
      '',
      '# What TLS was opened for another name under is not for this hop.',
      `http-request return status 421 if { ssl_fc_has_sni } !{ ssl_fc_sni -i ${ways.names.join(' ')} }`,
      '',
      '# One spelling for each field: "_" is dropped here, "-" below.',
      'option http-restrict-req-hdr-names delete',
      '# Trailers come after the decision. Those that are announced are refused by it; older versions pass on the rest, as trailers.',
      '.if version_atleast(3.2)',
      'option http-drop-request-trailers',
      '.endif',
      '',
      ...WHAT_IS_SEEN,
      '',
      '# What a client could forge, removed before anybody is asked.',
      ...removal('certificates', CERTIFICATE_FIELDS),
      ...removal('identities', IDENTITY_FIELDS),
      ...removal('the original request', REQUEST_FIELDS),
      ...removal('what this hop says to the decision service', CHANNEL_FIELDS),
      ...(ways.isFirst ? removal('what hops set: none comes before this one', HOP_FIELDS) : []),
      ...CONNECTION,
      '',
      ...decision(options),
      '',
      ...whatIsSet(ways),
      '',
      '# The decision chooses the next hop; one that is not here leads nowhere.',
      ...ways.ways.map((way) => `use_backend ${backendOf(hop, way)} if { var(txn.everyhop_next) -m str ${way.hop} }`),
    ]),
  ]
}

function bind({ takesCertificates }: Ways, options: ConfigOptions): string {
  const address = listenAddress(options.listen ?? '443')
  filePath('the certificate key', options.certificateKey)
  const tls = `ssl crt ${filePath('the certificate', options.certificate)} alpn h2,http/1.1 ssl-min-ver TLSv1.2 no-tls-tickets`
  const clients = takesCertificates ? ` ca-file ${filePath('the client CA', options.clientCa!)} verify optional` : ''
  return `bind ${address.includes(':') ? address : `:${address}`} ${tls}${clients}`
}

const WHAT_IS_SEEN = [
  '# What was seen of the request. Read before any rule could change it.',
  'http-request set-var(txn.everyhop_seen) pathq',
  'http-request set-var(txn.everyhop_id) uuid',
  'http-request set-var(txn.everyhop_cert) ssl_c_der,base64 if { ssl_c_used } { ssl_c_verify 0 }',
  'http-request set-var(txn.everyhop_early) bool(true) if { ssl_fc_has_early }',
]

const removal = (what: string, names: readonly string[]): readonly string[] => [
  `# - ${what}`,
  ...names.filter(isDashed).map((name) => `http-request del-header ${name}`),
]

const isDashed = (name: string): boolean => !name.includes('_')

const CONNECTION = [
  '# "Connection: DPoP" would make the next hop drop the proof. Only a WebSocket may leave HTTP: after "Upgrade: h2c" nothing is decided.',
  'acl everyhop_websocket req.fhdr(Upgrade) -i -m str websocket',
  'http-request del-header Connection unless everyhop_websocket',
  'http-request set-header Connection upgrade if everyhop_websocket',
  'http-request del-header Upgrade unless everyhop_websocket',
  'http-request set-header Upgrade websocket if everyhop_websocket',
]

const decision = ({ socket }: ConfigOptions): readonly string[] => [
  `# Asks at ${filePath('the socket', socket)}, and answers a refusal itself. Whatever fails, nothing has been let pass, and the rule after it closes.`,
  'http-request lua.everyhop',
  `http-request return status 503 content-type application/problem+json string '{"type":"about:blank","title":"Service Unavailable","status":503}' hdr Cache-Control no-store hdr Retry-After 1 unless { var(txn.everyhop) -m str pass }`,
]

function whatIsSet({ mode, givesNonces }: Ways): readonly string[] {
  const nonce = [
    'http-response set-header DPoP-Nonce %[var(txn.everyhop_nonce)] if { var(txn.everyhop_nonce) -m found }',
    'http-response set-header Cache-Control no-store',
  ]
  return [
    '# The bytes that were decided, in origin form.',
    'http-request set-uri %[var(txn.everyhop_target)]',
    ...(mode === 'attested'
      ? [
          '# What the decision signed.',
          'http-request set-header Everyhop-Hop %[var(txn.everyhop_set_everyhop_hop)]',
          'http-request set-header Signature %[var(txn.everyhop_set_signature)]',
          'http-request set-header Signature-Input %[var(txn.everyhop_set_signature_input)]',
          'http-request del-header Client-Cert',
          'http-request set-header Client-Cert %[var(txn.everyhop_set_client_cert)] if { var(txn.everyhop_set_client_cert) -m found }',
        ]
      : ['# Only an attesting hop may set these: removed.', ...HOP_FIELDS.map((name) => `http-request del-header ${name}`)]),
    ...(mode === 'rebound'
      ? [
          "# This hop's own token and proof, in place of the client's.",
          ...CREDENTIALS.map((name) => `http-request set-header ${name} %[var(txn.everyhop_set_${name.toLowerCase()})]`),
        ]
      : []),
    'http-request set-header X-Forwarded-For %[src]',
    'http-request set-header X-Forwarded-Proto https',
    ...(givesNonces ? nonce : []),
  ]
}

const backendOf = (hop: string, way: Way): string => `everyhop_${hop}_next_${way.hop}`

function backend(hop: string, way: Way, options: ConfigOptions): readonly string[] {
  const name = way.authority.replace(/:\d+$/, '')
  const tls = way.scheme === 'https' ? ` ssl verify required ca-file ${filePath('the upstream CA', options.upstreamCa!)} sni str(${name}) alpn http/1.1` : ''
  return [
    '',
    `backend ${backendOf(hop, way)} from everyhop_${hop}`,
    ...indent([
      '# The authority that the signature names.',
      `http-request set-header Host ${way.authority}`,
      '# Idle connections end here before the application ends them under a request, which could not be sent again.',
      `server next ${withPort(way)} pool-purge-delay 2s${tls}`,
    ]),
  ]
}

const withPort = ({ server }: Way): string => (/:\d+$/.test(server) ? server : `${server}:80`)

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`

const indent = (block: readonly string[]): readonly string[] => block.map((line) => (line === '' ? '' : `    ${line}`))
