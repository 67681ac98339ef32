import type { Chain } from '@everyhop/chain'
import { readCompact, readThumbprint, sha256, signatureHolds } from '@everyhop/proof'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import type { KeptRevocations } from './keep-revocations.js'
import type { Children } from './exchange/children.js'
import type { Keys } from './keys.js'
import type { FeedEntry } from './revocations.js'

const MAX_TOKEN = 16_384
/** Seconds for which a key or a grant stays revoked: a year. */
const LONG_TERM = 31_536_000

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

export type RevokeParts = {
  readonly chain: Chain
  readonly keys: Keys
  readonly revocations: KeptRevocations
  /** The grant of each client that has one. */
  readonly grants: ReadonlyMap<string, string>
  /** Clients that may revoke other clients, and keys and grants. */
  readonly operators: ReadonlySet<string>
  /** What was exchanged from a token ends with it. */
  readonly children: Children
}

type Refusal = { readonly status: number; readonly error: string; readonly description: string }
const refuse = (error: string, description: string, status = 400): Refusal => ({ status, error, description })

/**
 * What a client that is authentic asks to revoke. Undefined where there is nothing to do: a token of another client, one that has ended,
 * or no token at all, is 200 without effect (RFC 7009 §2.2). `token_type_hint` says where `token` is not a token: the RFC leaves room
 * for values of one's own.
 */
export function whatToRevoke(
  asked: { readonly token: string; readonly hint: unknown; readonly by: string },
  parts: RevokeParts,
  now: number,
): FeedEntry | Refusal | undefined {
  const { token: id, hint, by } = asked
  const { chain, keys, operators, grants } = parts
  const { skew, tokenLifetime } = chain.policy
  if (hint === 'everyhop_client') {
    if (id !== by && !operators.has(by)) return refuse('unauthorized_client', 'a client may revoke itself; another one only an operator')
    // All that it was issued ends with the longest lifetime. What it is issued from now on is good: whoever stole its credentials loses them elsewhere.
    return { kind: 'client', id, until: Math.ceil(now + tokenLifetime), before: Math.floor(now) }
  }
  if (hint === 'everyhop_key') {
    if (!operators.has(by)) return refuse('unauthorized_client', 'only an operator may revoke a key')
    if (readThumbprint(id) === undefined) return refuse('invalid_request', 'a key is named by its thumbprint: base64url of SHA-256')
    return { kind: 'key', id, until: Math.ceil(now + LONG_TERM) }
  }
  if (hint === 'everyhop_grant') {
    if (id !== grants.get(by) && !operators.has(by)) return refuse('unauthorized_client', 'a client may revoke its own grant; another one only an operator')
    return { kind: 'grant', id: sha256(id), until: Math.ceil(now + LONG_TERM) }
  }
  const token = readOwnToken(id, chain, keys)
  return token !== undefined && token.client === by && token.exp + skew > now ? { id: token.id, until: token.exp } : undefined
}

/**
 * Revokes JWT access tokens, RFC 7009, which oidc-provider cannot, and clients and keys. It authenticates the client; where it then finds
 * no token, or sees a JWT and answers `unsupported_token_type`, the client is authentic, and the answer is replaced here.
 */
export function revokeTokens(provider: Provider, parts: RevokeParts): void {
  const middleware: Parameters<Provider['use']>[0] = async (context, next) => {
    await next()
    const { oidc, status, body } = context as unknown as KoaContextWithOIDC
    const isJwt = status === 400 && (body as { error?: unknown })?.error === 'unsupported_token_type'
    const by = oidc?.client?.clientId
    if (oidc?.route !== 'revocation' || by === undefined || !(status === 200 || isJwt)) return
    const answer = await revoke({ token: String(oidc.params?.['token']), hint: oidc.params?.['token_type_hint'], by })
    context.status = answer?.status ?? 200
    context.body = answer === undefined ? '' : { error: answer.error, error_description: answer.description }
  }

  async function revoke(asked: Parameters<typeof whatToRevoke>[0]): Promise<Refusal | undefined> {
    const what = whatToRevoke(asked, parts, Date.now() / 1000)
    if (what === undefined || 'error' in what) return what
    const all = what.kind === undefined ? [what, ...parts.children.of(what.id)] : [what]
    const answers = await Promise.all(all.map((one) => parts.revocations.revoke(asked.by, one)))
    const answer = answers.find((one) => one !== 'revoked')
    if (answer === undefined) return undefined
    const why = answer === 'full' ? 'too many revocations by this client are alive' : 'the store of revocations does not answer: ask again'
    return refuse('temporarily_unavailable', why, 503)
  }
  provider.use(middleware)
}
