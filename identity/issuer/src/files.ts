import type { JsonWebKey } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { isObject, readObject, type Json } from '@everyhop/proof'
import { ConfigError } from './config-error.js'
import type { Registration } from './options.js'

/** Reads a JWK set of private keys. Refused if anybody but its owner may read it. */
export async function readKeyFile(path: string): Promise<readonly JsonWebKey[]> {
  const { mode } = await stat(path)
  if (process.platform !== 'win32' && (mode & 0o077) !== 0) throw new ConfigError('config.key-file-mode', `${path} is open to others: chmod 600 ${path}`)
  const { keys } = await readJson(path)
  if (!isKeys(keys)) throw new ConfigError('config.key-file', `${path} is not a JWK set: { "keys": [ ... ] }`)
  return keys
}

/**
 * Reads `{ "client_id": { "jwks": {…} } | { "certificate": "PEM" } | { "subject": "CN=…" } }`, each with optional `scopes`, `revokes` and `grant`.
 * Public material only: it may lie beside the manifest.
 */
export async function readClientsFile(path: string): Promise<readonly Registration[]> {
  return Object.entries(await readJson(path)).map(([clientId, entry]) => {
    const registration = isObject(entry) ? readRegistration(clientId, entry) : undefined
    if (registration === undefined) throw new ConfigError('config.clients-file', `${path}: ${clientId} needs exactly one of jwks, certificate, subject`)
    return registration
  })
}

const MEMBERS = new Set(['jwks', 'certificate', 'subject', 'scopes', 'revokes', 'grant'])

function readRegistration(clientId: string, entry: Json): Registration | undefined {
  const { jwks, certificate, subject, scopes = [], revokes = 'own', grant } = entry
  const ways = [jwks, certificate, subject].filter((way) => way !== undefined)
  const isKnown = Object.keys(entry).every((member) => MEMBERS.has(member))
  if (!isKnown || ways.length !== 1 || !Array.isArray(scopes) || !scopes.every((scope) => typeof scope === 'string')) return undefined
  if (revokes !== 'own' && revokes !== 'all') return undefined
  if (grant !== undefined && typeof grant !== 'string') return undefined
  const shared = { clientId, scopes, ...(revokes === 'all' && { revokes: 'all' as const }), ...(grant !== undefined && { grant }) }
  if (typeof certificate === 'string') return { ...shared, certificate }
  if (typeof subject === 'string') return { ...shared, subject }
  return isObject(jwks) && isKeys(jwks['keys']) ? { ...shared, jwks: { keys: jwks['keys'] } } : undefined
}

const isKeys = (value: unknown): value is JsonWebKey[] => Array.isArray(value) && value.length > 0 && value.every(isObject)

async function readJson(path: string): Promise<Json> {
  const json = readObject(await readFile(path, 'utf8'))
  if (json === undefined) throw new ConfigError('config.json', `${path} is not a JSON object, or names a member twice`)
  return json
}
