import { createPrivateKey, createPublicKey, hash, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { TokenAlg } from '@everyhop/chain'
import { createKeyPair, suits } from '@everyhop/proof'
import { ConfigError } from './config-error.js'

export type Keys = {
  readonly alg: TokenAlg
  /** The private key that signs. */
  readonly signing: JsonWebKey & { readonly kid: string }
  /** What `jwks_uri` serves: public halves only. */
  readonly published: readonly JsonWebKey[]
  readonly byKid: ReadonlyMap<string, { readonly alg: TokenAlg; readonly key: KeyObject }>
}

/** RFC 7638 §3.2: the members that a thumbprint covers, in their order. */
const MEMBERS: Readonly<Record<string, readonly string[]>> = { EC: ['crv', 'kty', 'x', 'y'], OKP: ['crv', 'kty', 'x'], RSA: ['e', 'kty', 'n'] }

/** Sorts the keys into the one that signs and those that are only published. Throws where none can sign as the chain declares. */
export function readKeys(given: readonly JsonWebKey[] | undefined, algs: readonly TokenAlg[]): Keys {
  const read = (given ?? [freshKey(algs[0]!)]).map((jwk) => readKey(jwk, algs))
  const kids = new Set(read.map(({ kid }) => kid))
  if (kids.size < read.length) throw new ConfigError('config.keys', 'two keys have the same kid')
  const alg = algs.find((candidate) => read.some((key) => key.alg === candidate && key.isPrivate))
  const signing = read.find((key) => key.alg === alg && key.isPrivate)
  if (alg === undefined || signing === undefined) throw new ConfigError('config.keys', `there is no private key for ${algs.join(' or ')}`)
  return {
    alg,
    signing: { ...signing.jwk, kid: signing.kid, alg, use: 'sig' },
    published: read.map((key) => ({ ...key.key.export({ format: 'jwk' }), kid: key.kid, alg: key.alg, use: 'sig' })),
    byKid: new Map(read.map(({ kid, alg, key }) => [kid, { alg, key }])),
  }
}

function readKey(jwk: JsonWebKey, algs: readonly TokenAlg[]) {
  const key = importPublic(jwk)
  const alg = algs.find((candidate) => suits(key, candidate))
  if (alg === undefined) throw new ConfigError('config.keys', `a key is for none of the declared algorithms (${algs.join(', ')})`)
  return { jwk, key, alg, kid: typeof jwk['kid'] === 'string' ? jwk['kid'] : thumbprint(key), isPrivate: jwk.d !== undefined }
}

/** The public half. A private key is imported whole first, so that a broken one is found at start-up. */
function importPublic(jwk: JsonWebKey): KeyObject {
  try {
    return createPublicKey(jwk.d === undefined ? { key: jwk, format: 'jwk' } : createPrivateKey({ key: jwk, format: 'jwk' }))
  } catch {
    throw new ConfigError('config.keys', 'a key cannot be imported')
  }
}

function thumbprint(key: KeyObject): string {
  const jwk = key.export({ format: 'jwk' })
  return hash('sha256', JSON.stringify(Object.fromEntries((MEMBERS[String(jwk.kty)] ?? []).map((member) => [member, jwk[member]]))), 'base64url')
}

function freshKey(alg: TokenAlg): JsonWebKey {
  const ec = (namedCurve: string) => () => createKeyPair('ec', { namedCurve })
  const rsa = () => createKeyPair('rsa', { modulusLength: 2048 })
  const pair = {
    ES256: ec('P-256'),
    ES384: ec('P-384'),
    ES512: ec('P-521'),
    EdDSA: () => createKeyPair('ed25519'),
    PS256: rsa,
    PS384: rsa,
    PS512: rsa,
    RS256: rsa,
  }[alg]()
  return pair.privateKey.export({ format: 'jwk' })
}
