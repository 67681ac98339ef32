import type { Slice } from '@everyhop/chain'
import { ConfigError } from '@everyhop/verifier'
import { apacheConfig } from '../apache/apache-config.js'
import { caddyConfig } from '../caddy/caddy-config.js'
import { haproxyConfig } from '../haproxy/haproxy-config.js'
import { envoyConfig } from '../envoy/envoy-config.js'
import { nginxConfig } from '../nginx/nginx-config.js'
import type { ConfigFile, ConfigOptions } from './config-options.js'

type Write = (slice: Slice, options: ConfigOptions) => readonly ConfigFile[]

/** Each product that a configuration can be written for. */
const WRITERS = {
  apache: apacheConfig,
  caddy: (slice, options) => [{ name: 'Caddyfile', text: caddyConfig(slice, options) }],
  haproxy: haproxyConfig,
  nginx: (slice, options) => [{ name: 'nginx.conf', text: nginxConfig(slice, options) }],
  envoy: (slice, options) => [{ name: 'envoy.yaml', text: envoyConfig(slice, options) }],
} as const satisfies Record<string, Write>

/** Those whose configuration puts the credentials of the decision in place of the client's. */
const REBINDS: ReadonlySet<Product> = new Set(['apache', 'caddy', 'envoy', 'haproxy', 'nginx'])

export type Product = keyof typeof WRITERS

export const PRODUCTS = Object.keys(WRITERS) as readonly Product[]

/** The files that make a gateway of this product keep the proof. Throws ConfigError for what would not be safe to write. */
export function gatewayConfig(product: Product, slice: Slice, options: ConfigOptions): readonly ConfigFile[] {
  if (slice.next?.mode === 'rebound' && !REBINDS.has(product)) {
    throw new ConfigError(
      'config.mode',
      `hop ${slice.hop}: what is generated for ${product} does not put the hop's own token in place of the client's: rebind behind ${[...REBINDS].join(' or ')} or with "everyhop gateway proxy", or say forward "attested"`,
    )
  }
  return WRITERS[product](slice, options)
}
