import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { ConfigError } from '@everyhop/verifier'

/** Reads a private key (JWK) from a file that only its user can read. Throws ConfigError, which quotes nothing of the file. */
export async function readPrivateKeyFile(path: string): Promise<KeyObject> {
  const { mode } = await stat(path)
  if ((mode & 0o077) !== 0) throw new ConfigError('config.key-mode', `others can read ${path}: chmod 600 it, and make a new key if it was ever shared`)
  return read(path, (jwk) => createPrivateKey({ key: jwk, format: 'jwk' }))
}

/** Reads a public key (JWK) from a file. */
export const readPublicKeyFile = (path: string): Promise<KeyObject> => read(path, (jwk) => createPublicKey({ key: jwk, format: 'jwk' }))

async function read(path: string, make: (jwk: JsonWebKey) => KeyObject): Promise<KeyObject> {
  const text = await readFile(path, 'utf8')
  try {
    return make(JSON.parse(text) as JsonWebKey)
  } catch {
    throw new ConfigError('config.key-file', `${path} is not a key that "everyhop key" wrote`)
  }
}
