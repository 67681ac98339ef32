import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import type { ConfigFile, ConfigOptions } from '../config/config-options.js'
import { filePath, hopName, listenAddress } from '../config/config-values.js'
import { waysOf, type Way, type Ways } from '../config/ways.js'
import { CERTIFICATE_FIELDS, CHANNEL_FIELDS, HOP_FIELDS, IDENTITY_FIELDS, REMOVAL_DIGEST, REQUEST_FIELDS } from '../sensitive-fields.js'
import { apacheLua } from './apache-lua.js'

/**
 * The Apache configuration of one hop, for Apache 2.4.47 and later with mod_lua and LuaSocket. A hook asks the decision service
 * and sends on what passes; there is no other way to an application. Throws ConfigError for what would not be safe to write.
 */
export function apacheConfig(slice: Slice, options: ConfigOptions): readonly ConfigFile[] {
  const ways = waysOf(slice, options)
  const hop = hopName(slice.hop)
  const { standalone } = options
  const home = filePath('the directory of the configuration', standalone?.dir ?? options.home ?? '/etc/apache2/everyhop')
  const text = lines([
    `# Everyhop: hop ${hop}, forward ${ways.mode}. Generated; change the manifest and generate again.`,
    '# Every request is decided by the decision service before it is passed on. No decision: 503.',
    `# Removes what clients could forge: list ${REMOVAL_DIGEST}.`,
    ...(standalone ? mainContext(home) : [`# Modules: a2enmod ssl headers proxy proxy_http http2 lua; for Lua the package lua-socket.`]),
    ...listen(options),
    '',
    '# For the whole server: a resumed session would bring a proof without its handshake.',
    'SSLSessionCache none',
    '',
    ...virtualHost(ways, options, `${home}/everyhop.lua`),
  ])
  return [
    { name: 'everyhop.conf', text },
    { name: 'everyhop.lua', text: apacheLua(slice, options) },
  ]
}

const addressOf = ({ listen: given = '443' }: ConfigOptions): string => (listenAddress(given).includes(':') ? given : `*:${given}`)

/** Debian's ports.conf listens on 443 once mod_ssl is there, and twice is an error. */
const listen = (options: ConfigOptions): readonly string[] =>
  addressOf(options) === '*:443' && !options.standalone ? ['# ports.conf says "Listen 443" where mod_ssl is enabled.'] : [`Listen ${addressOf(options)}`]

function virtualHost(ways: Ways, options: ConfigOptions, lua: string): readonly string[] {
  const [name, ...aliases] = ways.names
  return [
    `<VirtualHost ${addressOf(options)}>`,
    ...indent([
      `ServerName ${name}`,
      ...(aliases.length > 0 ? [`ServerAlias ${aliases.join(' ')}`] : []),
      'Protocols h2 http/1.1',
      '',
      ...tls(ways, options),
      '',
      '# One spelling for each path, on both sides of the decision.',
      'AllowEncodedSlashes NoDecode',
      'MergeSlashes Off',
      'MergeTrailers Off',
      'TraceEnable Off',
      '',
      '# What a client could forge, removed before anybody is asked. Names with "_" are removed in everyhop.lua.',
      ...removal('certificates', CERTIFICATE_FIELDS),
      ...removal('identities', IDENTITY_FIELDS),
      ...removal('the original request', REQUEST_FIELDS),
      ...removal('what this hop says to the decision service', CHANNEL_FIELDS),
      ...(ways.isFirst ? removal('what hops set: none comes before this one', HOP_FIELDS) : []),
      '',
      `# Asks at ${filePath('the socket', options.socket)}, answers a refusal itself, and sends on what passes.`,
      '# There is no ProxyPass: nothing else leads to an application. What another directive makes of a request ends in the second hook.',
      'LuaScope thread',
      'LuaCodeCache forever',
      `LuaHookTranslateName ${lua} decide early`,
      `LuaHookFixups ${lua} require_decision`,
      '',
      ...proxying(ways, options),
      ...(ways.givesNonces ? NONCE : []),
    ]),
    '</VirtualHost>',
  ]
}

function tls({ takesCertificates }: Ways, options: ConfigOptions): readonly string[] {
  return [
    'SSLEngine on',
    `SSLCertificateFile ${filePath('the certificate', options.certificate)}`,
    `SSLCertificateKeyFile ${filePath('the certificate key', options.certificateKey)}`,
    'SSLProtocol -all +TLSv1.2 +TLSv1.3',
    'SSLSessionTickets off',
    ...(takesCertificates
      ? [
          '# Asked for, not demanded: whether a token needs one is said by the token.',
          `SSLCACertificateFile ${filePath('the client CA', options.clientCa!)}`,
          'SSLVerifyClient optional',
        ]
      : []),
  ]
}

const removal = (what: string, names: readonly string[]): readonly string[] => [
  `# - ${what}`,
  ...names.filter((name) => !name.includes('_')).map((name) => `RequestHeader unset ${name} early`),
]

function proxying({ ways }: Ways, options: ConfigOptions): readonly string[] {
  const isOverTls = ways.some(({ scheme }) => scheme === 'https')
  return [
    'ProxyRequests Off',
    'ProxyAddHeaders Off',
    ...(isOverTls
      ? [
          'SSLProxyEngine on',
          `SSLProxyCACertificateFile ${filePath('the upstream CA', options.upstreamCa!)}`,
          'SSLProxyVerify require',
          'SSLProxyCheckPeerName on',
          'SSLProxyCheckPeerExpire on',
        ]
      : []),
    ...ways.flatMap(worker),
  ]
}

/** Over https Apache takes the name for SNI and for the certificate from where it takes the Host: both must be the authority. */
function worker(way: Way): readonly string[] {
  if (way.scheme === 'https' && way.server.replace(/:443$/, '') !== way.authority.replace(/:443$/, '')) {
    throw new ConfigError('config.upstream', `Apache reaches ${way.hop} over https under its authority ${way.authority} only: give that as its upstream`)
  }
  return [
    `<Proxy "${way.scheme}://${way.server}">`,
    ...indent([
      ...(way.scheme === 'http' ? ['# The authority that the signature names, set in everyhop.lua.', 'ProxyPreserveHost On'] : ['ProxyPreserveHost Off']),
      '# Never out of service for one failure; idle connections end here before the application ends them under a request.',
      'ProxySet retry=0 connectiontimeout=2 timeout=60 ttl=2 upgrade=websocket',
    ]),
    '</Proxy>',
  ]
}

const NONCE = [
  '',
  'Header onsuccess unset DPoP-Nonce env=EVERYHOP_NONCE',
  'Header always set DPoP-Nonce "%{EVERYHOP_NONCE}e" env=EVERYHOP_NONCE',
  'Header onsuccess unset Cache-Control env=EVERYHOP_NONCE',
  'Header always set Cache-Control no-store env=EVERYHOP_NONCE',
]

const MODULES = ['mpm_event', 'authz_core', 'ssl', 'headers', 'http2', 'proxy', 'proxy_http', 'lua']

const mainContext = (dir: string): readonly string[] => [
  `ServerRoot ${dir}`,
  `DefaultRuntimeDir ${dir}`,
  `PidFile ${dir}/apache.pid`,
  `ErrorLog ${dir}/error.log`,
  'LogLevel notice',
  ...MODULES.map((name) => `LoadModule ${name}_module \${EVERYHOP_APACHE_MODULES}/mod_${name}.so`),
  'ServerName everyhop.invalid',
  'StartServers 1',
  'ThreadsPerChild 25',
  'MaxRequestWorkers 50',
]

const lines = (all: readonly string[]): string => `${all.join('\n')}\n`

const indent = (block: readonly string[]): readonly string[] => block.map((line) => (line === '' ? '' : `    ${line}`))
