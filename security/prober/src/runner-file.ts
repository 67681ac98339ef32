import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/** The prober's credentials: its own, not the chain's, and so kept outside the repository. */
export type Runner = {
  /** Ed25519; its thumbprint is what a target's consent names. */
  readonly key: KeyObject
  readonly canaryKey: Buffer
  /** PEM of the CA that the chain's certificates come from; absent where the system knows it. */
  readonly ca?: string
  readonly clients: ReadonlyMap<string, RunnerClient>
  readonly witnesses: ReadonlyMap<string, { readonly url: string; readonly secret: string; readonly tagKey: Buffer }>
  /** Test credentials of hops, with which the prober plays a hop that is not honest. */
  readonly hops: ReadonlyMap<string, KeyObject>
}

export type RunnerClient = {
  readonly clientId: string
  /** Signs the client assertion (RFC 7523). */
  readonly authKey: KeyObject
  /** Signs proofs; absent for a client whose tokens are bound to a certificate or to nothing. */
  readonly dpopKey?: KeyObject
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** An access token that it was given before: of a client, say, that the issuer gives none to any more. Secret while it lives. */
  readonly token?: string
  /** Origins to which anything of this client may be sent. */
  readonly origins: ReadonlySet<string>
}

export class RunnerFileError extends Error {
  constructor(file: string, problem: string) {
    super(`${file}: ${problem}`)
    this.name = 'RunnerFileError'
  }
}

type Raw = Readonly<Record<string, unknown>>

/** Reads a runner file. Throws RunnerFileError, which names the member and never a value. */
export function readRunnerFile(file: string): Runner {
  const problem = (what: string): never => {
    throw new RunnerFileError(file, what)
  }
  let raw: unknown
  try {
    if ((statSync(file).mode & 0o077) !== 0) problem('others can read it, and it holds keys: chmod 600')
    raw = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    if (error instanceof RunnerFileError) throw error
    problem('cannot be read as JSON')
  }
  const object = (value: unknown, name: string): Raw =>
    typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : problem(`${name} must be an object`)
  const text = (value: unknown, name: string): string => (typeof value === 'string' && value !== '' ? value : problem(`${name} must be text`))
  const compactJws = (value: unknown, name: string): string =>
    /^[\w-]+\.[\w-]+\.[\w-]+$/.test(text(value, name)) ? (value as string) : problem(`${name} must be a token in the compact form of a JWS`)
  const key = (value: unknown, name: string): KeyObject => {
    try {
      return createPrivateKey({ key: object(value, name) as never, format: 'jwk' })
    } catch {
      return problem(`${name} must be a private key as a JWK`)
    }
  }
  const pem = (value: unknown, name: string): string => {
    try {
      return readFileSync(resolve(dirname(file), text(value, name)), 'utf8')
    } catch {
      return problem(`${name} must name a readable file`)
    }
  }
  const entries = (value: unknown, name: string): readonly (readonly [string, Raw])[] =>
    value === undefined ? [] : Object.entries(object(value, name)).map(([id, entry]) => [id, object(entry, `${name}.${id}`)])

  const root = object(raw, 'the file')
  if (root['version'] !== 1) problem('version must be 1')
  const canaryKey = Buffer.from(text(root['canaryKey'], 'canaryKey'), 'base64url')
  if (!(canaryKey.length >= 32)) problem('canaryKey must have at least 32 bytes, base64url')

  return {
    key: key(root['key'], 'key'),
    canaryKey,
    ...(root['ca'] === undefined ? {} : { ca: pem(root['ca'], 'ca') }),
    clients: new Map(
      entries(root['clients'], 'clients').map(([id, client]) => {
        const origins = Array.isArray(client['origins']) ? client['origins'].map((origin, index) => text(origin, `clients.${id}.origins.${index}`)) : []
        if (origins.length === 0) problem(`clients.${id}.origins must name the origins that its credentials may be sent to`)
        return [
          id,
          {
            clientId: client['clientId'] === undefined ? id : text(client['clientId'], `clients.${id}.clientId`),
            authKey: key(client['authKey'], `clients.${id}.authKey`),
            ...(client['dpopKey'] === undefined ? {} : { dpopKey: key(client['dpopKey'], `clients.${id}.dpopKey`) }),
            ...(client['certificate'] === undefined
              ? {}
              : {
                  certificate: {
                    cert: pem(client['certificate'], `clients.${id}.certificate`),
                    key: pem(client['certificateKey'], `clients.${id}.certificateKey`),
                  },
                }),
            ...(client['token'] === undefined ? {} : { token: compactJws(client['token'], `clients.${id}.token`) }),
            origins: new Set(origins),
          },
        ]
      }),
    ),
    witnesses: new Map(
      entries(root['witnesses'], 'witnesses').map(([hop, entry]) => [
        hop,
        {
          url: text(entry['url'], `witnesses.${hop}.url`),
          secret: text(entry['secret'], `witnesses.${hop}.secret`),
          tagKey: Buffer.from(text(entry['tagKey'], `witnesses.${hop}.tagKey`), 'base64url'),
        },
      ]),
    ),
    hops: new Map(entries(root['hops'], 'hops').map(([hop, entry]) => [hop, key(entry['key'], `hops.${hop}.key`)])),
  }
}
