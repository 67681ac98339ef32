import type { Chain } from '@everyhop/chain'
import { readCompact, sha256, signatureHolds } from '@everyhop/proof'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { Keys } from './keys.js'
import type { Revocations } from './revocations.js'

const MAX_TOKEN = 16_384

/** A token of ours: who it was issued to, its id as the feed names it, and when it ends. */
export type OwnToken = { readonly client: string; readonly id: string; readonly exp: number }

/** Reads an access token that this issuer has signed; undefined for anything else. */
export function readOwnToken(token: string, chain: Chain, keys: Keys): OwnToken | undefined {
  const jws = readCompact(token, MAX_TOKEN)
  const signer = keys.byKid.get(String(jws?.header['kid']))
  if (jws === undefined || signer === undefined || jws.header['alg'] !== signer.alg || jws.header['typ'] !== 'at+jwt') return undefined
  if (!signatureHolds(signer.alg, signer.key, jws.signingInput, jws.signature)) return undefined
  const { iss, client_id: client, jti, exp } = jws.payload
  if (iss !== chain.issuer.url || typeof client !== 'string' || typeof jti !== 'string' || typeof exp !== 'number') return undefined
  return { client, id: sha256(jti), exp }
}

/**
 * Revokes JWT access tokens, RFC 7009, which oidc-provider cannot. It authenticates the client, sees a JWT, and only then answers
 * `unsupported_token_type`: that answer therefore says that the client is authentic, and is replaced here. A token of another client,
 * one that has ended, or no token at all is 200 without effect.
 */
export function revokeTokens(provider: Provider, chain: Chain, keys: Keys, revocations: Revocations): void {
  const middleware: Parameters<Provider['use']>[0] = async (context, next) => {
    await next()
    const { oidc, status, body } = context as unknown as KoaContextWithOIDC
    if (status !== 400 || oidc?.route !== 'revocation' || (body as { error?: unknown })?.error !== 'unsupported_token_type') return
    const now = Date.now() / 1000
    const token = readOwnToken(String(oidc.params?.['token']), chain, keys)
    const isOwn = token !== undefined && token.client === oidc.client?.clientId && token.exp + chain.policy.skew > now
    if (isOwn && !revocations.add(token.client, token.id, token.exp, now)) {
      context.status = 503
      context.body = { error: 'temporarily_unavailable', error_description: 'too many revoked tokens of this client are alive' }
      return
    }
    context.status = 200
    context.body = ''
  }
  provider.use(middleware)
}
