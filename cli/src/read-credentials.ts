import { createPrivateKey, type JsonWebKey } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ConfigError, type IntrospectionCredentials } from '@everyhop/verifier'

type Written = { readonly key?: JsonWebKey }

/**
 * Reads how this hop authenticates itself to issuers that it asks about tokens: a JSON object by the URL of each issuer, as in the options
 * of a verifier, with a private key as JWK. Throws ConfigError, which quotes nothing of the file; what the members mean is checked later.
 */
export async function readCredentials(path: string): Promise<Readonly<Record<string, IntrospectionCredentials>>> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0)
    throw new ConfigError('config.key-mode', `others can read ${path}: chmod 600 it, and change the secrets in it if it was ever shared`)
  const text = await readFile(path, 'utf8')
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, Written>)
    return Object.fromEntries(entries.map(([issuer, { key, ...rest }]) => [issuer, imported(rest, key)]))
  } catch {
    throw new ConfigError('config.introspection-file', `${path} is not a JSON object of credentials by the URL of each issuer`)
  }
}

const imported = (rest: object, key: JsonWebKey | undefined): IntrospectionCredentials =>
  ({ ...rest, ...(key && { key: createPrivateKey({ key, format: 'jwk' }) }) }) as IntrospectionCredentials
