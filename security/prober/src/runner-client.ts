import type { KeyObject } from 'node:crypto'
import type { RunnerMembers, Raw } from './runner-members.js'

/** How a client authenticates at the issuer. RFC 7523 §2.2, RFC 6749 §2.3.1, RFC 8705 §2. */
export type ClientAuth =
  | { readonly by: 'key'; readonly key: KeyObject; readonly alg?: string; readonly kid?: string; readonly audience?: string }
  | { readonly by: 'secret'; readonly secret: string; readonly in: 'header' | 'body' }
  | { readonly by: 'certificate' }

/** A program and its arguments, and the folder that it runs in. */
export type Command = { readonly command: readonly [string, ...string[]]; readonly folder: string }

/** Where tokens come from that are not asked for with client credentials. */
export type TokenSource = ({ readonly from: 'command' } & Command) | { readonly from: 'list'; readonly tokens: readonly string[] }

export type RunnerClient = {
  readonly clientId: string
  /** Absent for a client whose tokens are handed in and that authenticates nowhere. */
  readonly auth?: ClientAuth
  /** Signs proofs; absent for a client whose tokens are bound to a certificate or to nothing. */
  readonly dpopKey?: KeyObject
  readonly certificate?: { readonly cert: string; readonly key: string }
  /** Absent where the issuer gives its tokens for client credentials. */
  readonly handedIn?: TokenSource
  /** What its token requests say besides: a scope, an audience. An empty value leaves a parameter of ours out. */
  readonly form?: Readonly<Record<string, string>>
  /** An access token that it was given before: of a client, say, that the issuer gives none to any more. Secret while it lives. */
  readonly token?: string
  /** Origins to which anything of this client may be sent. */
  readonly origins: ReadonlySet<string>
}

/** RFC 6750 §2.1. */
const TOKEN = /^[\w.~+/-]{1,8192}=*$/
const JWS = /^[\w-]+\.[\w-]+\.[\w-]+$/

export function readClient(members: RunnerMembers, id: string, raw: Raw): RunnerClient {
  const { text, texts, key, pem, secret, problem } = members
  const at = `clients.${id}`
  const origins = raw['origins'] === undefined ? [] : texts(raw['origins'], `${at}.origins`)
  if (origins.length === 0) problem(`${at}.origins must name the origins that its credentials may be sent to`)
  const token = (value: string, name: string, shape: RegExp, said: string): string => (shape.test(value) ? value : problem(`${name} must be ${said}`))
  const certificate =
    raw['certificate'] === undefined
      ? undefined
      : { cert: pem(raw['certificate'], `${at}.certificate`), key: pem(raw['certificateKey'], `${at}.certificateKey`) }

  const dpopKey = raw['dpopKey'] === undefined ? undefined : key(raw['dpopKey'], `${at}.dpopKey`)
  if (dpopKey && !['ec', 'ed25519'].includes(String(dpopKey.asymmetricKeyType))) problem(`${at}.dpopKey must be a key on a curve: P-256 or Ed25519`)

  const handedIn = readSource()
  const auth = readAuth(members, at, raw, certificate !== undefined)
  if (auth === undefined && handedIn === undefined)
    problem(`${at} must say how it gets tokens: authKey, secret, "authMethod": "tls_client_auth", tokenCommand or tokens`)

  return {
    clientId: raw['clientId'] === undefined ? id : text(raw['clientId'], `${at}.clientId`),
    ...(auth && { auth }),
    ...(dpopKey && { dpopKey }),
    ...(certificate && { certificate }),
    ...(handedIn && { handedIn }),
    ...(raw['form'] === undefined ? {} : { form: Object.fromEntries(members.entriesOfText(raw['form'], `${at}.form`)) }),
    ...(raw['token'] === undefined ? {} : { token: token(text(raw['token'], `${at}.token`), `${at}.token`, JWS, 'a token in the compact form of a JWS') }),
    origins: new Set(origins),
  }

  function readSource(): TokenSource | undefined {
    if (raw['tokenCommand'] !== undefined && raw['tokens'] !== undefined) problem(`${at} has tokens and a tokenCommand: keep one`)
    if (raw['tokenCommand'] !== undefined) {
      return { from: 'command', ...readCommand(members, raw['tokenCommand'], `${at}.tokenCommand`) }
    }
    if (raw['tokens'] === undefined) return undefined
    const tokens = texts(raw['tokens'], `${at}.tokens`).map((value, index) => {
      const name = `${at}.tokens.${index}`
      return token(/^(?:env|file):/.test(value) ? secret(value, name) : value, name, TOKEN, 'an access token, env:NAME or file:PATH')
    })
    if (tokens.length === 0 || new Set(tokens).size < tokens.length) problem(`${at}.tokens must be different tokens`)
    return { from: 'list', tokens }
  }
}

export function readCommand({ texts, problem, folder }: RunnerMembers, value: unknown, name: string): Command {
  const [file = problem(`${name} must name a command and its arguments`), ...args] = texts(value, name)
  return { command: [file, ...args], folder }
}

function readAuth({ text, key, secret, problem }: RunnerMembers, at: string, raw: Raw, hasCertificate: boolean): ClientAuth | undefined {
  const method = raw['authMethod'] === undefined ? undefined : text(raw['authMethod'], `${at}.authMethod`)
  if (raw['authKey'] !== undefined && raw['secret'] !== undefined) problem(`${at} has an authKey and a secret: keep one`)
  if (raw['authKey'] !== undefined) {
    if (method !== undefined && method !== 'private_key_jwt') problem(`${at}.authMethod must be private_key_jwt where there is an authKey`)
    const { alg, kid } = (typeof raw['authKey'] === 'object' ? raw['authKey'] : {}) as Raw
    return {
      by: 'key',
      key: key(raw['authKey'], `${at}.authKey`),
      ...(typeof alg === 'string' && { alg }),
      ...(typeof kid === 'string' && { kid }),
      ...(raw['authAudience'] === undefined ? {} : { audience: text(raw['authAudience'], `${at}.authAudience`) }),
    }
  }
  if (raw['secret'] !== undefined) {
    if (method !== undefined && method !== 'client_secret_basic' && method !== 'client_secret_post')
      problem(`${at}.authMethod must be client_secret_basic or client_secret_post where there is a secret`)
    return { by: 'secret', secret: secret(raw['secret'], `${at}.secret`), in: method === 'client_secret_post' ? 'body' : 'header' }
  }
  if (method === undefined) return undefined
  if (method !== 'tls_client_auth' && method !== 'self_signed_tls_client_auth')
    problem(`${at}.authMethod must be tls_client_auth, or stand beside an authKey or a secret`)
  return hasCertificate ? { by: 'certificate' } : problem(`${at}.authMethod needs a certificate and a certificateKey`)
}
