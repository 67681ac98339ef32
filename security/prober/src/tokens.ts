import type { Claims, Exchange, IssuerAnswer, Signer, Token, TokenRequest } from './attack.js'
import { algOf, compact, decode, hash, publicJwk, random } from './jose.js'
import type { RunnerClient } from './runner-file.js'
import type { Transport } from './transport.js'

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

/** Asks for a token with client credentials, the client authenticated by private_key_jwt. RFC 6749 §4.4, RFC 7523 §2.2. */
export async function requestToken(setting: TokenSetting, client: RunnerClient, request: TokenRequest, signer: Signer | undefined): Promise<IssuerAnswer> {
  const url = new URL(setting.metadata.token_endpoint)
  const form = {
    grant_type: 'client_credentials',
    resource: request.resource ?? setting.resource,
    ...assertion(setting, client),
    ...request.form,
  }
  const exchange = issuerExchange(url.pathname)
  const answer = await setting.transport.request(
    url.origin,
    {
      method: 'POST',
      target: url.pathname,
      fields: [
        ['Content-Type', 'application/x-www-form-urlencoded'],
        ...(signer ? [['DPoP', signer(exchange, { htu: url.href, ath: undefined })] as const] : []),
        ...(request.fields ?? []),
      ],
      body: new URLSearchParams(form).toString(),
    },
    client,
  )
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

export const tokenOf = (value: string, type: string): Token => ({ value, type, ...decode(value) })

/** RFC 7009. Resolves true where the issuer acknowledged. */
export async function revokeToken(setting: TokenSetting, client: RunnerClient, token: Token): Promise<boolean> {
  const endpoint = setting.metadata['revocation_endpoint']
  if (typeof endpoint !== 'string') return false
  const url = new URL(endpoint)
  const body = new URLSearchParams({ token: token.value, token_type_hint: 'access_token', ...assertion(setting, client) })
  const answer = await setting.transport.request(
    url.origin,
    { method: 'POST', target: url.pathname, fields: [['Content-Type', 'application/x-www-form-urlencoded']], body: body.toString() },
    client,
  )
  return !('failed' in answer) && answer.status === 200
}

function assertion({ issuer, now }: TokenSetting, { clientId, authKey }: RunnerClient): Readonly<Record<string, string>> {
  const time = Math.floor(now())
  const claims = { iss: clientId, sub: clientId, aud: issuer, jti: random(), iat: time, exp: time + 60 }
  return {
    client_id: clientId,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: compact({ alg: algOf(authKey), typ: 'JWT' }, claims, authKey),
  }
}

/** Makes proofs with one key: every member right, unless the attack says otherwise. RFC 9449 §4.2. */
export function proofSigner(key: RunnerClient['authKey'], base: string, now: () => number): Signer {
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
