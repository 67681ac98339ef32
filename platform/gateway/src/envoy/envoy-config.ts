import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import type { ConfigOptions } from '../config/config-options.js'
import { filePath, hopName, listenAddress } from '../config/config-values.js'
import { waysOf, type Way, type Ways } from '../config/ways.js'

/**
 * The configuration of one hop for Envoy 1.31 and later, as a whole bootstrap. The decision service decides, signs and says which fields
 * to remove; where there is no decision, Envoy answers 503. Throws ConfigError for what would not be safe to write.
 */
export function envoyConfig(slice: Slice, options: ConfigOptions): string {
  const ways = waysOf(slice, options)
  const lines = [
    `# Everyhop: hop ${hopName(slice.hop)}, forward ${ways.mode}. Generated; change the manifest and generate again.`,
    '# Every request is decided by the decision service before it is passed on. No decision: 503.',
    '# There is no admin interface here: who reaches it can change what runs.',
    'static_resources:',
    '  listeners:',
    ...indent(4, listener(slice, ways, options)),
    '  clusters:',
    ...indent(4, [...decisionCluster(options), ...ways.ways.flatMap((way) => wayCluster(way, options))]),
  ]
  return `${lines.join('\n')}\n`
}

function listener(slice: Slice, ways: Ways, options: ConfigOptions): readonly string[] {
  const { host, port } = addressOf(listenAddress(options.listen ?? '443'))
  return [
    '- name: everyhop',
    `  address: { socket_address: { address: ${quoted(host)}, port_value: ${port} } }`,
    '  per_connection_buffer_limit_bytes: 1048576',
    '  filter_chains:',
    '    - transport_socket:',
    '        name: envoy.transport_sockets.tls',
    '        typed_config:',
    ...indent(10, downstreamTls(ways, options)),
    '      filters:',
    '        - name: envoy.filters.network.http_connection_manager',
    '          typed_config:',
    ...indent(12, connectionManager(slice, ways)),
  ]
}

function downstreamTls({ takesCertificates }: Ways, options: ConfigOptions): readonly string[] {
  return [
    `"@type": ${type('extensions.transport_sockets.tls.v3.DownstreamTlsContext')}`,
    '# A resumed session would bring a proof without its handshake.',
    'disable_stateless_session_resumption: true',
    'disable_stateful_session_resumption: true',
    ...(takesCertificates ? ['# Asked for, not demanded: whether a token needs one is said by the token. One that does not verify ends the handshake.'] : []),
    'require_client_certificate: false',
    'common_tls_context:',
    '  tls_params: { tls_minimum_protocol_version: TLSv1_2 }',
    '  alpn_protocols: [h2, http/1.1]',
    '  tls_certificates:',
    `    - certificate_chain: { filename: ${quoted(filePath('the certificate', options.certificate))} }`,
    `      private_key: { filename: ${quoted(filePath('the certificate key', options.certificateKey))} }`,
    ...(takesCertificates
      ? [
          '  validation_context:',
          `    trusted_ca: { filename: ${quoted(filePath('the client CA', options.clientCa!))} }`,
          '    trust_chain_verification: VERIFY_TRUST_CHAIN',
        ]
      : []),
  ]
}

function connectionManager(slice: Slice, ways: Ways): readonly string[] {
  return [
    `"@type": ${type('extensions.filters.network.http_connection_manager.v3.HttpConnectionManager')}`,
    'stat_prefix: everyhop',
    'codec_type: AUTO',
    'server_header_transformation: PASS_THROUGH',
    '# The path goes to the decision and to the next hop as it came.',
    'normalize_path: false',
    'merge_slashes: false',
    'path_with_escaped_slashes_action: KEEP_UNCHANGED',
    'strip_matching_host_port: false',
    '# What the client says of itself counts for nothing; the address is that of the connection.',
    'use_remote_address: true',
    'skip_xff_append: false',
    'xff_num_trusted_hops: 0',
    'internal_address_config: { unix_sockets: false }',
    'forward_client_cert_details: SANITIZE',
    'preserve_external_request_id: false',
    'generate_request_id: true',
    'common_http_protocol_options:',
    '  # One spelling for each field, on both sides of the decision.',
    '  headers_with_underscores_action: DROP_HEADER',
    '  idle_timeout: 60s',
    'http_protocol_options: { accept_http_10: false, enable_trailers: false, allow_chunked_length: false }',
    'http2_protocol_options: { max_concurrent_streams: 100, override_stream_error_on_invalid_http_message: false }',
    'stream_idle_timeout: 60s',
    'request_headers_timeout: 10s',
    'upgrade_configs: [{ upgrade_type: websocket }]',
    'http_filters:',
    '  - name: envoy.filters.http.ext_authz',
    '    typed_config:',
    ...indent(6, extAuthz()),
    '  - name: envoy.filters.http.router',
    '    typed_config:',
    `      "@type": ${type('extensions.filters.http.router.v3.Router')}`,
    '      suppress_envoy_headers: true',
    'route_config:',
    '  name: everyhop',
    '  virtual_hosts:',
    '    - name: everyhop',
    `      domains: [${ways.names.flatMap((name) => [quoted(name), quoted(`${name}:*`)]).join(', ')}]`,
    '      routes:',
    ...indent(8, routes(slice, ways.ways)),
  ]
}

function extAuthz(): readonly string[] {
  return [
    `"@type": ${type('extensions.filters.http.ext_authz.v3.ExtAuthz')}`,
    'transport_api_version: V3',
    'grpc_service: { envoy_grpc: { cluster_name: everyhop_decision }, timeout: 2s }',
    '# No decision, no request.',
    'failure_mode_allow: false',
    'status_on_error: { code: ServiceUnavailable }',
    '# All fields go to the decision, each by itself: joined, two of one name would look like one.',
    'encode_raw_headers: true',
    'include_peer_certificate: true',
    'validate_mutations: true',
    '# The decision names the next hop: the route is chosen after it.',
    'clear_route_cache: true',
  ]
}

/** Only the decision can set `Everyhop-Next`: it overwrites what a client says, and what it does not allow goes nowhere. */
function routes(slice: Slice, ways: readonly Way[]): readonly string[] {
  const { rewrite } = slice.next!
  return [
    ...ways.flatMap((way) => [
      '- match:',
      `    prefix: ${quoted(rewrite ? prefix(rewrite.from) : '/')}`,
      `    headers: [{ name: everyhop-next, string_match: { exact: ${quoted(way.hop)} } }]`,
      '  route:',
      `    cluster: ${clusterOf(way)}`,
      `    host_rewrite_literal: ${quoted(way.authority)}`,
      ...(rewrite ? [`    prefix_rewrite: ${quoted(prefix(rewrite.to))}`] : []),
      '    # A proof is good once: nothing is sent twice.',
      '    retry_policy: { num_retries: 0 }',
      '    timeout: 0s',
      '  request_headers_to_remove: [everyhop-next]',
    ]),
    '- match: { prefix: "/" }',
    '  direct_response: { status: 503 }',
  ]
}

function prefix(path: string): string {
  if (/^(?:\/[\w.~-]+)+$/.test(path)) return path
  throw new ConfigError('config.rewrite', 'a rewritten prefix has plain segments and no slash at its end')
}

const clusterOf = ({ hop }: Way): string => `everyhop_next_${hop}`

const decisionCluster = ({ socket }: ConfigOptions): readonly string[] => [
  '# The service signs what it allows, so nobody but Envoy may ask it: the socket belongs to its user alone.',
  '- name: everyhop_decision',
  '  type: STATIC',
  '  connect_timeout: 1s',
  ...http2Upstream(),
  '  load_assignment:',
  '    cluster_name: everyhop_decision',
  `    endpoints: [{ lb_endpoints: [{ endpoint: { address: { pipe: { path: ${quoted(filePath('the socket', socket))} } } } }] }]`,
]

const http2Upstream = (): readonly string[] => [
  '  typed_extension_protocol_options:',
  '    envoy.extensions.upstreams.http.v3.HttpProtocolOptions:',
  `      "@type": ${type('extensions.upstreams.http.v3.HttpProtocolOptions')}`,
  '      explicit_http_config: { http2_protocol_options: {} }',
]

function wayCluster(way: Way, options: ConfigOptions): readonly string[] {
  const { host, port } = addressOf(way.server)
  const name = way.authority.replace(/:\d+$/, '')
  return [
    `- name: ${clusterOf(way)}`,
    '  type: STRICT_DNS',
    '  connect_timeout: 2s',
    '  load_assignment:',
    `    cluster_name: ${clusterOf(way)}`,
    `    endpoints: [{ lb_endpoints: [{ endpoint: { address: { socket_address: { address: ${quoted(host)}, port_value: ${port} } } } }] }]`,
    ...(way.scheme === 'https'
      ? [
          '  transport_socket:',
          '    name: envoy.transport_sockets.tls',
          '    typed_config:',
          `      "@type": ${type('extensions.transport_sockets.tls.v3.UpstreamTlsContext')}`,
          `      sni: ${quoted(name)}`,
          '      common_tls_context:',
          '        validation_context:',
          `          trusted_ca: { filename: ${quoted(filePath('the upstream CA', options.upstreamCa!))} }`,
          `          match_typed_subject_alt_names: [{ san_type: DNS, matcher: { exact: ${quoted(name)} } }]`,
        ]
      : []),
  ]
}

function addressOf(value: string): { readonly host: string; readonly port: string } {
  const [, host = '0.0.0.0', port = '80'] = /^(?:\[?([^\]]*?)\]?:)?(\d+)$/.exec(value) ?? /^([^:]+)()$/.exec(value) ?? []
  return { host: host === '*' ? '0.0.0.0' : host, port: port === '' ? '80' : port }
}

const type = (name: string): string => `type.googleapis.com/envoy.${name}`
/** What goes in was held to plain characters; JSON is YAML. */
const quoted = (value: string): string => JSON.stringify(value)
const indent = (spaces: number, block: readonly string[]): readonly string[] => block.map((line) => ' '.repeat(spaces) + line)
