import type { KeyObject } from 'node:crypto'
import type { Claims, Exchange, Field, IssuerAnswer, Signer, Token, TokenRequest } from './attack.js'
import { credentialsOf, endpointFor } from './client-credentials.js'
import { algOf, compact, decode, hash, publicJwk, random } from './jose.js'
import type { RunnerClient } from './runner-file.js'
import type { Transport } from './transport.js'
import type { WireAnswer } from './wire.js'

/** What an authorization server says of itself, as far as a probe needs it. RFC 8414 §2. */
export type Metadata = Claims & { readonly token_endpoint: string }

export class IssuerError extends Error {
  constructor(message: string) {
    super(message)
    this.name = 'IssuerError'
  }
}

/** RFC 8414, then OpenID Connect Discovery. Throws IssuerError where neither is there. */
export async function fetchMetadata(transport: Transport, issuer: string): Promise<Metadata> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  for (const target of [`/.well-known/oauth-authorization-server${path}`, `${path}/.well-known/openid-configuration`]) {
    const answer = await transport.request(origin, { method: 'GET', target, fields: [] })
    if ('failed' in answer || answer.status !== 200) continue
    const metadata = json(answer.body)
    if (metadata['issuer'] === issuer && typeof metadata['token_endpoint'] === 'string') return metadata as Metadata
  }
  throw new IssuerError(`the issuer ${issuer} has no metadata that names it (RFC 8414)`)
}

export type TokenSetting = {
  readonly transport: Transport
  readonly metadata: Metadata
  readonly issuer: string
  readonly resource: string
  /** Epoch seconds. */
  readonly now: () => number
}

/** Asks for a token with client credentials, as the client authenticates. RFC 6749 §4.4. */
export async function requestToken(setting: TokenSetting, client: RunnerClient, request: TokenRequest, signer: Signer | undefined): Promise<IssuerAnswer> {
  const endpoint = endpointFor(client, setting.metadata, 'token_endpoint') ?? setting.metadata.token_endpoint
  const plain = { grant_type: 'client_credentials', resource: request.resource ?? setting.resource, ...client.form }
  const form = { ...Object.fromEntries(Object.entries(plain).filter(([, value]) => value !== '')), ...request.form }
  const ask = (nonce?: string): Promise<WireAnswer> => {
    const proof = signer && tokenEndpointProof(endpoint, signer, nonce)
    const fields = [...(proof === undefined ? [] : [['DPoP', proof] as const]), ...(request.fields ?? [])]
    return postForm(setting, client, endpoint, { form, fields })
  }
  const first = await ask()
  const nonce = nonceAskedFor(first)
  const answer = nonce === undefined || signer === undefined ? first : await ask(nonce)
  if ('failed' in answer) return { status: 0, fields: [], error: answer.failed }
  const { access_token: value, token_type: type, error } = json(answer.body)
  return {
    status: answer.status,
    fields: answer.fields,
    // RFC 6749 §5.2; anything else might be what was sent.
    ...(typeof error === 'string' && /^[a-z_]{1,40}$/.test(error) ? { error } : {}),
    ...(typeof value === 'string' ? { token: tokenOf(value, typeof type === 'string' ? type : '') } : {}),
  }
}

/** What a client shows where it asks for a token. RFC 9449 §5. */
export function tokenEndpointProof(endpoint: string, signer: Signer, nonce?: string): string {
  const { pathname, href } = URL.canParse(endpoint) ? new URL(endpoint) : { pathname: '/', href: endpoint }
  return signer(issuerExchange(pathname), { htu: href, ath: undefined, nonce })
}

/** The nonce that an issuer wants in the next proof. RFC 9449 §8. */
function nonceAskedFor(answer: WireAnswer): string | undefined {
  if ('failed' in answer || json(answer.body)['error'] !== 'use_dpop_nonce') return undefined
  return answer.fields.find(([name]) => name.toLowerCase() === 'dpop-nonce')?.[1]
}

export const tokenOf = (value: string, type: string): Token => ({ value, type, ...decode(value) })

/** RFC 7009. Resolves true where the issuer acknowledged. */
export async function revokeToken(setting: TokenSetting, client: RunnerClient, token: Pick<Token, 'value'>, hint = 'access_token'): Promise<boolean> {
  const endpoint = endpointFor(client, setting.metadata, 'revocation_endpoint')
  if (endpoint === undefined) return false
  const answer = await postForm(setting, client, endpoint, { form: { token: token.value, token_type_hint: hint } })
  return !('failed' in answer) && answer.status === 200
}

/** RFC 7662. Undefined where the client may not ask. */
export async function introspectToken(setting: TokenSetting, client: RunnerClient, token: Token): Promise<Claims | undefined> {
  const endpoint = endpointFor(client, setting.metadata, 'introspection_endpoint')
  if (endpoint === undefined) return undefined
  const answer = await postForm(setting, client, endpoint, { form: { token: token.value, token_type_hint: 'access_token' } })
  return 'failed' in answer || answer.status !== 200 ? undefined : json(answer.body)
}

type FormPost = { readonly form: Readonly<Record<string, string>>; readonly fields?: readonly Field[] }

/** Posts a form to an endpoint of the issuer, as the client. */
function postForm(setting: TokenSetting, client: RunnerClient, endpoint: string, { form, fields = [] }: FormPost): Promise<WireAnswer> {
  const { origin, pathname } = new URL(endpoint)
  const credentials = credentialsOf(client, setting.issuer, setting.now())
  const body = new URLSearchParams({ ...credentials.form, ...form }).toString()
  const head = [['Content-Type', 'application/x-www-form-urlencoded'] as const, ...credentials.fields, ...fields]
  return setting.transport.request(origin, { method: 'POST', target: pathname, fields: head, body }, client)
}

/** Makes proofs with one key: every member right, unless the attack says otherwise. RFC 9449 §4.2. `nonce` tells the one that is wanted, if any. */
export function proofSigner(key: KeyObject, base: string, now: () => number, nonce: () => string | undefined = () => undefined): Signer {
  return (exchange, claims = {}, header = {}) => {
    const [path = ''] = exchange.target.split('?', 1)
    const token = exchange.authorization[0]?.replace(/^\S+ /, '')
    return compact(
      { typ: 'dpop+jwt', alg: algOf(key), jwk: publicJwk(key), ...header },
      {
        jti: random(),
        htm: exchange.method,
        htu: base.replace(/\/$/, '') + path,
        iat: Math.floor(now()),
        ...(token === undefined ? {} : { ath: hash(token) }),
        nonce: nonce(),
        ...claims,
      },
      key,
    )
  }
}

const issuerExchange = (target: string): Exchange => ({
  method: 'POST',
  target,
  authorization: [],
  dpop: [],
  fields: [],
  certificate: 'none',
  to: { at: 'edge' },
})

function json(body: string): Claims {
  try {
    const value: unknown = JSON.parse(body)
    return typeof value === 'object' && value !== null ? (value as Claims) : {}
  } catch {
    return {}
  }
}
