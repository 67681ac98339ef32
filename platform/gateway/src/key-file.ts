import { createPrivateKey, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigError } from '@everyhop/verifier'
import type { SigningKey } from './signing-keys.js'

/** Reads a private key (JWK) from a file that only its user can read. Throws ConfigError, which quotes nothing of the file. */
export async function readPrivateKeyFile(path: string): Promise<KeyObject> {
  await requirePrivate(path)
  return read(path, (jwk) => createPrivateKey({ key: jwk, format: 'jwk' }))
}

/**
 * Reads the keys of a hop from a file that only its user can read: one JWK, or a JWK Set in which `nbf` says from when a key signs.
 * Throws ConfigError, which quotes nothing of the file.
 */
export async function readSigningKeyFile(path: string): Promise<readonly SigningKey[]> {
  await requirePrivate(path)
  return read(path, (value) => jwksIn(value).map(signingKey))
}

/** The members of a JWK Set, or the one JWK that is there instead. */
export const jwksIn = (value: KeyFileValue): readonly KeyFileJwk[] => value.keys ?? [value]

export type KeyFileJwk = JsonWebKey & { readonly nbf?: number }
export type KeyFileValue = KeyFileJwk & { readonly keys?: readonly KeyFileJwk[] }

function signingKey({ nbf, ...jwk }: KeyFileJwk): SigningKey {
  const key = createPrivateKey({ key: jwk, format: 'jwk' })
  if (nbf === undefined) return { key }
  if (!Number.isFinite(nbf)) throw new TypeError('nbf is no time')
  return { key, from: nbf }
}

/** systemd opens a credential to the user of its service by an access list, and that shows as a right of the group. */
const isCredential = (path: string): boolean => dirname(path) === process.env['CREDENTIALS_DIRECTORY']

/** Reads a public key (JWK) from a file. */
export const readPublicKeyFile = (path: string): Promise<KeyObject> => read(path, (jwk) => createPublicKey({ key: jwk, format: 'jwk' }))

async function requirePrivate(path: string): Promise<void> {
  const { mode } = await stat(path)
  if ((mode & (isCredential(path) ? 0o037 : 0o077)) !== 0)
    throw new ConfigError('config.key-mode', `others can read ${path}: chmod 600 it, and make a new key if it was ever shared`)
}

async function read<K>(path: string, make: (jwk: JsonWebKey) => K): Promise<K> {
  const text = await readFile(path, 'utf8')
  try {
    return make(JSON.parse(text) as JsonWebKey)
  } catch {
    throw new ConfigError('config.key-file', `${path} is not a key that "everyhop key" wrote`)
  }
}
