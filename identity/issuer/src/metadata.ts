import type { Chain } from '@everyhop/chain'

export const PATHS = { token: '/token', revocation: '/revoke', jwks: '/jwks', revocations: '/revocations' } as const

/** RFC 8693 §2.1. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
/** Algorithms that a client may sign its assertions with. */
export const ASSERTION_ALGS = ['ES256', 'EdDSA'] as const
/** Methods by which clients authenticate. */
export const authMethods = (hasTls: boolean): readonly ('private_key_jwt' | 'tls_client_auth' | 'self_signed_tls_client_auth')[] =>
  hasTls ? ['private_key_jwt', 'tls_client_auth', 'self_signed_tls_client_auth'] : ['private_key_jwt']

/** The path of the issuer's URL, without a slash at the end. */
export const issuerPath = (issuer: string): string => new URL(issuer).pathname.replace(/\/$/, '')

/** Where a path of this server is. */
export const endpoint = (issuer: string, path: string): string => new URL(issuerPath(issuer) + path, issuer).href

/** Authorization server metadata, RFC 8414 §2. What is not in it is not served. */
export function metadata(chain: Chain, hasTls: boolean): Readonly<Record<string, unknown>> {
  const issuer = chain.issuer.url
  return {
    issuer,
    token_endpoint: endpoint(issuer, PATHS.token),
    jwks_uri: endpoint(issuer, PATHS.jwks),
    revocation_endpoint: endpoint(issuer, PATHS.revocation),
    response_types_supported: [],
    grant_types_supported: ['client_credentials', ...([...chain.hops.values()].some(({ forward }) => forward === 'rebound') ? [TOKEN_EXCHANGE] : [])],
    token_endpoint_auth_methods_supported: authMethods(hasTls),
    token_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    revocation_endpoint_auth_methods_supported: authMethods(hasTls),
    revocation_endpoint_auth_signing_alg_values_supported: ASSERTION_ALGS,
    dpop_signing_alg_values_supported: chain.policy.proofAlgs,
    tls_client_certificate_bound_access_tokens: hasTls,
    everyhop_revocations_uri: endpoint(issuer, PATHS.revocations),
  }
}
