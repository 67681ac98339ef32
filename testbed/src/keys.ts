import { createKeyPair } from '@everyhop/proof'
import { type JsonWebKey, type KeyObject } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export type Keys = { readonly privateKey: KeyObject; readonly publicKey: KeyObject; readonly privateJwk: JsonWebKey; readonly publicJwk: JsonWebKey }

export const createKeys = (kind: 'P-256' | 'Ed25519' = 'P-256'): Keys => {
  const { privateKey, publicKey } = kind === 'Ed25519' ? createKeyPair('ed25519') : createKeyPair('ec', { namedCurve: 'P-256' })
  return { privateKey, publicKey, privateJwk: privateKey.export({ format: 'jwk' }), publicJwk: publicKey.export({ format: 'jwk' }) }
}

/** Writes `NAME.json` (private, mode 0600) and `NAME.pub.json`, as `everyhop key new` does. */
export async function writeKeys(dir: string, name: string, { privateJwk, publicJwk }: Keys): Promise<void> {
  await writeFile(join(dir, `${name}.json`), `${JSON.stringify(privateJwk)}\n`, { mode: 0o600 })
  await writeFile(join(dir, `${name}.pub.json`), `${JSON.stringify(publicJwk)}\n`)
}
