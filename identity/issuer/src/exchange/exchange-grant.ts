import { createPrivateKey, randomUUID } from 'node:crypto'
import type { Chain } from '@everyhop/chain'
import { sha256, signCompact, type IssuerKeys } from '@everyhop/proof'
import type { errors as Errors, KoaContextWithOIDC, Provider } from 'oidc-provider'
import validateDpop, { checkDpopReplay } from 'oidc-provider/lib/helpers/validate_dpop.js'
import type { KeptRevocations } from '../keep-revocations.js'
import type { Keys } from '../keys.js'
import { TOKEN_EXCHANGE } from '../metadata.js'
import type { IssuanceSink } from '../options.js'
import type { Spent } from '../spent.js'
import type { Children } from './children.js'
import type { Exchanger } from './exchange-policy.js'
import { judgeExchange, type Child, type ExchangeRequest, type Refused } from './judge-exchange.js'

const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token'
const JWT = 'urn:ietf:params:oauth:token-type:jwt'
const PARAMETERS = ['subject_token', 'subject_token_type', 'actor_token', 'actor_token_type', 'requested_token_type', 'resource', 'audience', 'scope'] as const

export type ExchangeParts = {
  readonly chain: Chain
  readonly keys: Keys
  readonly exchangers: ReadonlyMap<string, Exchanger>
  readonly spent: Spent
  readonly sink: IssuanceSink | undefined
  readonly children: Children
  readonly isRevoked: KeptRevocations['isRevoked']
}

/** The grant by which a hop gets a token of its own for what a client has proven to it (RFC 8693). Other clients are not registered for it. */
export function addExchange(provider: Provider, errors: typeof Errors, parts: ExchangeParts): void {
  const { chain, keys, exchangers, spent, sink, children } = parts
  const signing = createPrivateKey({ key: keys.signing, format: 'jwk' })
  const own: IssuerKeys = {
    find(issuer, kid, alg) {
      const found = kid === undefined || issuer !== chain.issuer.url ? undefined : keys.byKid.get(kid)
      return found?.alg === alg ? found.key : undefined
    },
  }
  const refuse = ({ error, description }: Refused | { readonly error: string; readonly description: string }): never => {
    throw new errors.CustomOIDCProviderError(error, description)
  }

  async function exchange(context: KoaContextWithOIDC): Promise<void> {
    const now = Date.now() / 1000
    const { client } = context.oidc
    const exchanger = exchangers.get(client?.clientId ?? '') ?? refuse({ error: 'unauthorized_client', description: 'this client is no hop that exchanges' })
    const proof =
      (await validateDpop(provider, context)) ?? refuse({ error: 'invalid_dpop_proof', description: 'a hop proves the key of the token that it asks for' })
    const request = readRequest(context.oidc.params ?? {}, proof.thumbprint)
    const child =
      'error' in request
        ? refuse(request)
        : judgeExchange(request, { exchanger, issuer: chain.issuer.url, keys: own, grantClaim: chain.issuer.grantClaim, now })
    if ('error' in child) return refuse(child)
    const grant = child.claims[chain.issuer.grantClaim ?? '']
    const isGrantRevoked = typeof grant === 'string' && parts.isRevoked('grant', sha256(grant))
    if (isGrantRevoked || isRevoked(child, proof.thumbprint, parts.isRevoked))
      refuse({ error: 'invalid_grant', description: 'the token, its grant or a key was revoked' })
    await checkDpopReplay(provider, context, proof, exchanger.hop)
    if (spent.spend(exchanger.hop, child.spend.id, child.spend.until, now) !== true)
      refuse({ error: 'invalid_grant', description: 'what the client has proven was exchanged before' })

    const jti = randomUUID()
    const { audience, lifetime, claims } = child
    sink?.append({
      time: Math.floor(now),
      chain: chain.name,
      client: child.client,
      audience,
      binding: ['dpop'],
      lifetime,
      token: sha256(jti),
      actor: exchanger.hop,
    })
    children.add(child.parent.id, { id: sha256(jti), until: Number(claims['exp']) }, now)
    context.body = {
      access_token: signCompact({ typ: 'at+jwt', alg: keys.alg, kid: keys.signing.kid }, { ...claims, jti }, signing),
      issued_token_type: ACCESS_TOKEN,
      token_type: 'DPoP',
      expires_in: lifetime,
      ...(claims['scope'] === undefined ? {} : { scope: claims['scope'] }),
    }
  }

  provider.registerGrantType(TOKEN_EXCHANGE, exchange, [...PARAMETERS])
}

function isRevoked({ parent, client }: Child, jkt: string, is: KeptRevocations['isRevoked']): boolean {
  return is('token', parent.id) || is('client', client, parent.issuedAt) || [jkt, ...parent.keys].some((key) => is('key', key))
}

/** RFC 8693 §2.1. */
function readRequest(params: Readonly<Record<string, unknown>>, jkt: string): ExchangeRequest | { readonly error: string; readonly description: string } {
  const { subject_token: subjectToken, actor_token: actorToken, resource, audience, scope } = params
  const invalid = (description: string) => ({ error: 'invalid_request', description })
  if (typeof subjectToken !== 'string' || params['subject_token_type'] !== ACCESS_TOKEN) return invalid('the subject is an access token')
  if (typeof actorToken !== 'string' || params['actor_token_type'] !== JWT) return invalid('the actor token, a JWT, says for which request')
  if (params['requested_token_type'] !== undefined && params['requested_token_type'] !== ACCESS_TOKEN) return invalid('only access tokens are issued')
  if (typeof resource !== 'string' || audience !== undefined) return { error: 'invalid_target', description: 'name the next hop as resource' }
  return { subjectToken, actorToken, resource, jkt, scope: typeof scope === 'string' ? scope : undefined }
}
