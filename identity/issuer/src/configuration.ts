import { randomBytes } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import type { BindingMechanism, Chain } from '@everyhop/chain'
import { sha256 } from '@everyhop/proof'
import type { AccessToken, ClientCredentials, Configuration, errors as Errors } from 'oidc-provider'
import { certificateOf, isAuthorized, readSubject, subjectOf } from './certificate.js'
import type { Children } from './exchange/children.js'
import type { KeptRevocations } from './keep-revocations.js'
import type { Keys } from './keys.js'
import { ASSERTION_ALGS, authMethods, PATHS } from './metadata.js'
import type { IssuanceSink, Registration } from './options.js'
import { audiencesFor, permit, type Permit } from './permit.js'
import { clientMetadata, clientsById, hopMetadata } from './registrations.js'
import type { Spent } from './spent.js'

/** Seconds that a client assertion may live. */
const MAX_ASSERTION_LIFETIME = 300

export type ProviderParts = {
  readonly chain: Chain
  readonly keys: Keys
  readonly clients: readonly Registration[]
  /** By client. */
  readonly grants: ReadonlyMap<string, string>
  readonly hasTls: boolean
  readonly nonceSecret: Uint8Array | undefined
  readonly sink: IssuanceSink | undefined
  readonly spent: Spent
  /** Epoch seconds. */
  readonly startedAt: number
  readonly onFault: (fault: string) => void
  readonly isRevoked: KeptRevocations['isRevoked']
  readonly children: Children
}

const now = (): number => Math.floor(Date.now() / 1000)

/** What oidc-provider may do here. `errors` are its own classes, for refusals that reach the client. */
export function configuration(
  { chain, keys, clients, grants, hasTls, nonceSecret, sink, startedAt, isRevoked }: ProviderParts,
  errors: typeof Errors,
): Configuration {
  const byId = clientsById(chain)
  const scopes = new Map(clients.map(({ clientId, scopes }) => [clientId, new Set(scopes)]))
  const off = { enabled: false }

  function permitFor(token: AccessToken | ClientCredentials, at: number): Permit {
    const client = byId.get(token.clientId ?? '')
    const { aud } = token as { aud?: unknown }
    if (client === undefined || typeof aud !== 'string') throw new errors.InvalidTarget('the token has no client or no audience')
    if ([token.jkt, token['x5t#S256']].some((key) => key !== undefined && isRevoked('key', key))) throw new errors.UnauthorizedClient('the key was revoked')
    const grant = grants.get(client.clientId)
    if (grant !== undefined && isRevoked('grant', sha256(grant))) throw new errors.UnauthorizedClient('the grant was revoked')
    const answer = permit(chain, { client, audience: aud, bound: boundBy(token), now: at })
    if (answer.permitted) return answer
    throw answer.error === 'unauthorized_client' ? new errors.UnauthorizedClient(answer.description) : new errors.InvalidDpopProof(answer.description)
  }

  return {
    jwks: { keys: [keys.signing] } as NonNullable<Configuration['jwks']>,
    clients: [...clients.map((registration) => clientMetadata(registration, chain, hasTls)), ...hopMetadata(chain)],
    clientDefaults: {
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: keys.alg,
    },
    clientAuthMethods: [...authMethods(hasTls)],
    responseTypes: [],
    scopes: [],
    clockTolerance: Math.floor(chain.policy.skew),
    cookies: { keys: [randomBytes(32).toString('base64url')] },
    adapter: NothingKept,
    routes: { token: PATHS.token, revocation: PATHS.revocation, jwks: PATHS.jwks },
    enabledJWA: {
      clientAuthSigningAlgValues: [...ASSERTION_ALGS],
      dPoPSigningAlgValues: [...chain.policy.proofAlgs],
      // No ID token is issued; a registration must name an algorithm all the same, and there is the one key.
      idTokenSigningAlgValues: [keys.alg],
    },
    clientBasedCORS: () => false,
    findAccount: () => undefined,
    renderError: (ctx, out) => {
      ctx.body = out
    },
    features: {
      devInteractions: off,
      userinfo: off,
      rpInitiatedLogout: off,
      pushedAuthorizationRequests: off,
      clientCredentials: { enabled: true },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => token.clientId === client.clientId },
      dPoP: {
        enabled: true,
        ...(nonceSecret ? { nonceSecret: Buffer.from(nonceSecret) } : {}),
        requireNonce: () => nonceSecret !== undefined,
      },
      mTLS: {
        enabled: hasTls,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        tlsClientAuth: true,
        getCertificate: ({ req }: { req: IncomingMessage }) => certificateOf(req)!,
        certificateAuthorized: ({ req }) => isAuthorized(req),
        certificateSubjectMatches: ({ req }, property, expected) => {
          const certificate = certificateOf(req)
          return property === 'tls_client_auth_subject_dn' && certificate !== undefined && subjectOf(certificate) === readSubject(expected)
        },
      },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_ctx, client) => {
          const audiences = audiencesFor(chain, byId.get(client.clientId)!)
          const [only] = audiences
          if (audiences.size !== 1 || only === undefined) throw new errors.InvalidTarget('name the resource: there is not exactly one for this client')
          return only
        },
        getResourceServerInfo: ({ oidc }, resource, client) => {
          if (!audiencesFor(chain, byId.get(client.clientId)!).has(resource)) throw new errors.InvalidTarget()
          const asked = typeof oidc.params?.['scope'] === 'string' ? oidc.params['scope'].split(' ') : []
          const foreign = asked.find((scope) => !scopes.get(client.clientId)?.has(scope))
          if (foreign !== undefined) throw new errors.InvalidScope('a scope is not registered for this client', foreign)
          return { scope: asked.join(' '), audience: resource, accessTokenFormat: 'jwt', jwt: { sign: { alg: keys.alg, kid: keys.signing.kid } } }
        },
      },
    },
    ttl: {
      ClientCredentials: function lifetime(_ctx, token) {
        return permitFor(token, now()).lifetime
      },
    },
    formats: {
      customizers: {
        // Every access token passes here before it is signed, whatever came before.
        jwt: (_ctx, token, { payload }) => {
          const { iat, exp, jti, aud, client_id: clientId } = payload as { iat: number; exp: number; jti: string; aud: string; client_id: string }
          const { lifetime, waiver } = permitFor(token, iat)
          if (!(exp - iat <= lifetime)) throw new errors.UnauthorizedClient('the token would live longer than it may')
          const grant = grants.get(clientId)
          if (grant !== undefined) (payload as Record<string, unknown>)[chain.issuer.grantClaim!] = grant
          sink?.append({
            time: iat,
            chain: chain.name,
            client: clientId,
            audience: aud,
            binding: boundBy(token),
            lifetime: exp - iat,
            token: sha256(jti),
            ...(waiver === undefined ? {} : { waiver }),
          })
        },
      },
    },
    // The assertion can be captured with the request: it must be short-lived, and made since this process remembers used ones.
    assertJwtClientAuthClaimsAndHeader: (_ctx, claims) => {
      const { exp, iat } = claims as { exp: number; iat?: unknown }
      if (!(exp <= now() + MAX_ASSERTION_LIFETIME + chain.policy.skew))
        throw new errors.InvalidClient(`the client_assertion may live ${MAX_ASSERTION_LIFETIME} s at most`)
      if (!(typeof iat === 'number' && iat >= startedAt))
        throw new errors.InvalidClient('the client_assertion has no iat, or was made before this server started')
    },
  }
}

/** By what the token is bound. */
const boundBy = (token: AccessToken | ClientCredentials): readonly BindingMechanism[] => [
  ...(token.jkt === undefined ? [] : (['dpop'] as const)),
  ...(token['x5t#S256'] === undefined ? [] : (['mtls'] as const)),
]

/** The signed token is all there is: oidc-provider has nothing to store here, and finds nothing. */
class NothingKept {
  async find(): Promise<undefined> {}
  async findByUid(): Promise<undefined> {}
  async findByUserCode(): Promise<undefined> {}
  async upsert(): Promise<never> {
    throw new Error('this issuer keeps no models')
  }
  async consume(): Promise<void> {}
  async destroy(): Promise<void> {}
  async revokeByGrantId(): Promise<void> {}
}
