import { readFile } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import type { PublicJwk } from '@everyhop/chain'
import { importJwk, isObject, readJwk, type Json } from '@everyhop/proof'
import type { Context } from './context.js'
import type { Path } from './tree.js'

/** The registered attestation keys of each hop. Keys in files are read relative to the manifest that names them. */
export async function readHopKeys(context: Context): Promise<ReadonlyMap<string, readonly PublicJwk[]>> {
  const keys = new Map<string, readonly PublicJwk[]>()
  const owners = new Map<string, string>()
  for (const [id, hop] of Object.entries(context.manifest.hops)) {
    const found: PublicJwk[] = []
    for (const [index, key] of (hop.keys ?? []).entries()) {
      const path: Path = ['hops', id, 'keys', index]
      for (const jwk of typeof key === 'string' ? await fromFile(context, key.slice('file:'.length), path) : [key]) {
        const read = readKey(context, jwk as Json, path)
        if (read === undefined) continue
        const owner = owners.get(read.jkt)
        if (owner !== undefined) context.report(path, 'key.shared', `this is the key of ${owner} already`, 'make one key a hop: everyhop key new')
        owners.set(read.jkt, id)
        found.push({ kty: read.kty, crv: read.crv, x: read.x, ...(read.y === undefined ? {} : { y: read.y }) })
      }
    }
    keys.set(id, found)
  }
  return keys
}

/** One public JWK, or a set of them while one key takes over from another. */
async function fromFile(context: Context, name: string, path: Path): Promise<readonly Json[]> {
  try {
    const value: unknown = JSON.parse(await readFile(resolve(dirname(context.at(path).file), name), 'utf8'))
    const found: unknown = isObject(value) && 'keys' in value ? value['keys'] : [value]
    if (Array.isArray(found) && found.length > 0 && found.every(isObject)) return found
  } catch {
    // Reported below: a missing file and one that is no JSON are mended the same way.
  }
  context.report(
    path,
    'key.unreadable',
    `${name} is not a readable file with a public JWK, or a set of them`,
    'make it: everyhop key new --out FILE, and name FILE.pub.json',
  )
  return []
}

function readKey(context: Context, jwk: Json, path: Path): Extract<ReturnType<typeof readJwk>, object> | undefined {
  const read = readJwk(jwk)
  if (read === 'proof.private-key') {
    context.report(
      path,
      'key.private',
      'this is a private or symmetric key: it must not be here',
      'name the public one (FILE.pub.json); if it was shared, make a new key',
    )
  } else if (typeof read === 'string' || importJwk(read) === undefined) {
    context.report(path, 'key.form', 'this is not a P-256 or Ed25519 public key', 'make one: everyhop key new')
  } else {
    return read
  }
  return undefined
}
