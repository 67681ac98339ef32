import protobuf from 'protobufjs'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { OPTIONS } from './envoy.testkit.js'

/** Holds a configuration to Envoy's own protocol buffers: every member must be a field of its message, every name one of its enumeration. */

const FILES = [
  'envoy/config/bootstrap/v3/bootstrap.proto',
  'envoy/extensions/filters/network/http_connection_manager/v3/http_connection_manager.proto',
  'envoy/extensions/filters/http/ext_authz/v3/ext_authz.proto',
  'envoy/extensions/filters/http/router/v3/router.proto',
  'envoy/extensions/transport_sockets/tls/v3/tls.proto',
  'envoy/extensions/upstreams/http/v3/http_protocol_options.proto',
]

export function envoyMessages(): protobuf.Root {
  const root = new protobuf.Root()
  root.resolvePath = (_, target) => OPTIONS.includeDirs!.map((folder) => join(folder, target)).find((file) => existsSync(file)) ?? target
  root.loadSync(FILES, { keepCase: true })
  root.resolveAll()
  return root
}

/** Where and why Envoy could not read it. */
export function defectsOf(root: protobuf.Root, type: string, value: unknown, at = ''): readonly string[] {
  const message = root.lookupType(type)
  const name = message.fullName.slice(1)
  if (name === 'google.protobuf.Any') return defectsOfAny(root, value, at)
  if (SCALARS.has(name)) return typeof value === 'object' ? [`${at}: is a message, not one value`] : []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [`${at}: is no message`]
  return Object.entries(value).flatMap(([key, given]) => {
    const field = message.fields[key]
    return field ? defectsOfField(root, field, given, `${at}.${key}`) : [`${at}.${key}: ${name} has no such field`]
  })
}

/** Written as the one value that they hold. */
const SCALARS = new Set(['BoolValue', 'UInt32Value', 'Duration', 'StringValue'].map((name) => `google.protobuf.${name}`))

function defectsOfAny(root: protobuf.Root, value: unknown, at: string): readonly string[] {
  const { '@type': type, ...rest } = value as { readonly '@type'?: string }
  return type === undefined ? [`${at}: has no @type`] : defectsOf(root, type.slice(type.indexOf('/') + 1), rest, at)
}

function defectsOfField(root: protobuf.Root, field: protobuf.Field, given: unknown, at: string): readonly string[] {
  if (field instanceof protobuf.MapField) return Object.entries(given as object).flatMap(([key, one]) => defectsOfValue(root, field, one, `${at}.${key}`))
  if (!field.repeated) return Array.isArray(given) ? [`${at}: is a list`] : defectsOfValue(root, field, given, at)
  return Array.isArray(given) ? given.flatMap((one, index) => defectsOfValue(root, field, one, `${at}[${index}]`)) : [`${at}: is no list`]
}

function defectsOfValue(root: protobuf.Root, { resolvedType, type }: protobuf.Field, given: unknown, at: string): readonly string[] {
  if (resolvedType instanceof protobuf.Type) return defectsOf(root, resolvedType.fullName, given, at)
  if (resolvedType instanceof protobuf.Enum) return String(given) in resolvedType.values ? [] : [`${at}: ${resolvedType.name} has no ${String(given)}`]
  const expected = type === 'string' ? 'string' : type === 'bool' ? 'boolean' : 'number'
  return typeof given === expected ? [] : [`${at}: is no ${expected}`]
}
