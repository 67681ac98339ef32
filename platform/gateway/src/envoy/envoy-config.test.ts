import { beforeAll, describe, expect, test } from 'vitest'
import type protobuf from 'protobufjs'
import { parse } from 'yaml'
import { edgeSlice } from '../gateway.testkit.js'
import { envoyConfig } from './envoy-config.js'
import { defectsOf, envoyMessages } from './envoy-config.testkit.js'

const BOOTSTRAP = 'envoy.config.bootstrap.v3.Bootstrap'
const FILES = {
  socket: '/run/everyhop/envoy.sock',
  certificate: '/etc/s.pem',
  certificateKey: '/etc/s.key',
  clientCa: '/etc/ca.pem',
  upstreamCa: '/etc/up.pem',
}
const { slice } = edgeSlice()
const ORDERS = { hop: 'orders', authority: 'orders.internal' }

let root: protobuf.Root
beforeAll(() => void (root = envoyMessages()))

const VARIANTS = {
  'one next hop': [slice, FILES],
  'over https, at an address of its own': [slice, { ...FILES, listen: '127.0.0.1:8443', upstreams: { orders: 'https://10.0.0.7' } }],
  'two next hops': [{ ...slice, next: { mode: 'attested', hops: [ORDERS, { hop: 'bills', authority: 'bills.internal' }] } }, FILES],
  'a rewritten path': [{ ...slice, next: { mode: 'attested', hops: [ORDERS], rewrite: { from: '/orders', to: '/v1' } } }, FILES],
  'without certificates': [{ ...slice, routes: slice.routes.map((route) => ({ ...route, bindings: ['dpop' as const] })) }, FILES],
} as const

describe("every member is one that Envoy's protocol buffers have", () => {
  for (const [what, [of, options]] of Object.entries(VARIANTS)) {
    test(what, () => expect(defectsOf(root, BOOTSTRAP, parse(envoyConfig(of, options)))).toEqual([]))
  }

  for (const [what, from, to] of [
    ['a misspelt field', 'failure_mode_allow:', 'failure_mode_allowed:'],
    ['a value of no enumeration', 'KEEP_UNCHANGED', 'KEEP'],
    [
      'a message that is none',
      'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router',
      'type.googleapis.com/envoy.extensions.filters.http.ext_authz.v3.ExtAuthz',
    ],
    ['one value where a list belongs', 'alpn_protocols: [h2, http/1.1]', 'alpn_protocols: h2'],
  ] as const) {
    test(`and this check finds ${what}`, () => {
      const broken = envoyConfig(slice, FILES).replace(from, to)
      expect(defectsOf(root, BOOTSTRAP, parse(broken)).length).toBeGreaterThan(0)
    })
  }
})

describe('what a proof depends on', () => {
  type Manager = Record<string, unknown> & {
    readonly http_filters: readonly { readonly typed_config: object }[]
    readonly route_config: { readonly virtual_hosts: readonly { readonly routes: readonly object[] }[] }
  }
  const managerOf = (text: string): Manager =>
    (parse(text) as { static_resources: { listeners: { filter_chains: { filters: { typed_config: Manager }[] }[] }[] } }).static_resources.listeners[0]!
      .filter_chains[0]!.filters[0]!.typed_config

  test('paths as they came, no decision no request, each field by itself, nothing twice', () => {
    const manager = managerOf(envoyConfig(slice, FILES))
    expect(manager).toMatchObject({
      normalize_path: false,
      merge_slashes: false,
      path_with_escaped_slashes_action: 'KEEP_UNCHANGED',
      use_remote_address: true,
      forward_client_cert_details: 'SANITIZE',
    })
    expect(manager.http_filters[0]!.typed_config).toMatchObject({
      failure_mode_allow: false,
      encode_raw_headers: true,
      include_peer_certificate: true,
      clear_route_cache: true,
    })
    const [{ routes }] = manager.route_config.virtual_hosts as [{ routes: readonly object[] }]
    expect(routes).toMatchObject([
      { route: { retry_policy: { num_retries: 0 }, host_rewrite_literal: 'orders.internal:8080' } },
      { direct_response: { status: 503 } },
    ])
  })

  test('nothing that is configuration of its own gets in', () => {
    for (const evil of ['/x"', '/x\n', '/x: {', 'relative']) expect(() => envoyConfig(slice, { ...FILES, socket: evil })).toThrow(/absolute path/)
    expect(() => envoyConfig(slice, { ...FILES, upstreams: { orders: 'a"b' } })).toThrow(/host:port/)
  })
})
