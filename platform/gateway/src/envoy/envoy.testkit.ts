import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { credentials as channel, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js'
import { loadSync, type Options } from '@grpc/proto-loader'

/** Envoy as its own protocol buffers describe it: a client that asks what Envoy asks, and its configuration by message and field. */

const DEPS = join(dirname(createRequire(import.meta.url).resolve('@grpc/grpc-js-xds/package.json')), 'deps')
export const OPTIONS: Options = {
  includeDirs: ['envoy-api', 'googleapis', 'protoc-gen-validate', 'xds'].map((folder) => join(DEPS, folder)),
  keepCase: true,
  defaults: false,
  oneofs: false,
  enums: String,
}

type HeaderOption = {
  readonly header: { readonly key: string; readonly value: string }
  readonly append?: { readonly value: boolean }
  readonly append_action?: string
}
export type CheckResponse = {
  readonly status: { readonly code?: number }
  readonly ok_response?: {
    readonly headers?: readonly HeaderOption[]
    readonly headers_to_remove?: readonly string[]
    readonly response_headers_to_add?: readonly HeaderOption[]
  }
  readonly denied_response?: { readonly status: { readonly code: string }; readonly headers?: readonly HeaderOption[]; readonly body?: string }
}

export type EnvoyClient = { readonly check: (request: object) => Promise<CheckResponse>; readonly close: () => void }

export function envoyClient(socket: string): EnvoyClient {
  const loaded = loadPackageDefinition(loadSync('envoy/service/auth/v3/external_auth.proto', OPTIONS)) as never as {
    envoy: { service: { auth: { v3: { Authorization: new (address: string, credentials: unknown) => Client } } } }
  }
  const client = new loaded.envoy.service.auth.v3.Authorization(`unix:${socket}`, channel.createInsecure())
  return {
    check: (request) => new Promise((resolve, reject) => client.Check(request, (error, response) => (error ? reject(error) : resolve(response)))),
    close: () => client.close(),
  }
}

type Client = { Check: (request: object, done: (error: ServiceError | null, response: CheckResponse) => void) => void; close: () => void }

export type Asked = {
  readonly method?: string
  readonly target?: string
  readonly fields?: readonly string[]
  readonly certificate?: string
  readonly id?: string
}

/** What Envoy sends with the generated configuration. */
export function question({ method = 'GET', target = '/orders/1', fields = [], certificate, id = String(Math.floor(Math.random() * 2 ** 48)) }: Asked) {
  const pairs = [':authority', 'api.test', ':method', method, ':path', target, ':scheme', 'https', ...fields, 'x-forwarded-proto', 'https']
  const headers = Array.from({ length: pairs.length / 2 }, (_, index) => ({
    key: pairs[2 * index]!.toLowerCase(),
    raw_value: Buffer.from(pairs[2 * index + 1]!, 'latin1'),
  }))
  const source = { address: { socket_address: { address: '203.0.113.7', port_value: 4711 } }, ...(certificate === undefined ? {} : { certificate }) }
  return {
    attributes: {
      source,
      request: { http: { id, method, path: target, host: 'api.test', scheme: 'https', protocol: 'HTTP/2', size: -1, header_map: { headers } } },
    },
  }
}
