import { X509Certificate, type JsonWebKey } from 'node:crypto'
import type { Chain, Client } from '@everyhop/chain'
import type { ClientMetadata } from 'oidc-provider'
import { readSubject } from './certificate.js'
import { ConfigError } from './config-error.js'
import { TOKEN_EXCHANGE } from './metadata.js'
import type { Registration } from './options.js'

const PRIVATE_MEMBERS = ['d', 'k', 'p', 'q', 'dp', 'dq', 'qi', 'oth'] as const

/** The chain's clients that are registered at this issuer, its own, by their OAuth `client_id`. */
export const clientsById = (chain: Chain): ReadonlyMap<string, Client> =>
  new Map([...chain.clients.values()].filter(({ issuer }) => issuer === undefined).map((client) => [client.clientId, client]))

/** Client metadata as oidc-provider reads it: how the client authenticates, and what its tokens must be bound by. */
export function clientMetadata(registration: Registration, chain: Chain, hasTls: boolean): ClientMetadata {
  const { clientId } = registration
  const client = clientsById(chain).get(clientId)
  if (client === undefined) throw new ConfigError('config.client', `${clientId} is not a client of chain ${chain.name}`)
  const isTlsAuthenticated = !('jwks' in registration)
  // A client under a waiver may come without a proof; whether it gets a token then is decided when it asks.
  const isHeld = client.waiver === undefined
  const bindsCertificate = client.binding.includes('mtls') && (isHeld || isTlsAuthenticated)
  if (!hasTls && (isTlsAuthenticated || bindsCertificate)) {
    throw new ConfigError('config.tls', `${clientId} needs a client certificate, and this listener has no TLS`)
  }
  return {
    client_id: clientId,
    ...authentication(registration),
    // oidc-provider holds a client to one mechanism; where the policy has both, the permit of the token holds it to the other.
    dpop_bound_access_tokens: client.binding.includes('dpop') && isHeld && !bindsCertificate,
    ...(hasTls ? { tls_client_certificate_bound_access_tokens: bindsCertificate } : {}),
  }
}

/** Hops that exchange tokens: registered by the manifest, with the keys that it names, and for nothing else. */
export const hopMetadata = (chain: Chain): readonly ClientMetadata[] =>
  [...chain.hops.values()]
    .filter(({ forward }) => forward === 'rebound')
    .map(({ id, keys }) => ({
      client_id: id,
      token_endpoint_auth_method: 'private_key_jwt',
      jwks: { keys: [...keys] },
      grant_types: [TOKEN_EXCHANGE],
      dpop_bound_access_tokens: true,
    }))

function authentication(registration: Registration): Pick<ClientMetadata, 'token_endpoint_auth_method' | 'jwks' | 'tls_client_auth_subject_dn'> {
  if ('jwks' in registration) {
    const keys = registration.jwks.keys
    if (keys.length === 0 || keys.some((key) => PRIVATE_MEMBERS.some((member) => member in key))) {
      throw new ConfigError('config.client-keys', `register public keys for ${registration.clientId}, and at least one`)
    }
    return { token_endpoint_auth_method: 'private_key_jwt', jwks: { keys: keys as object[] } }
  }
  if ('subject' in registration) {
    if (registration.subject === '') throw new ConfigError('config.client-subject', `the subject of ${registration.clientId} is empty`)
    return { token_endpoint_auth_method: 'tls_client_auth', tls_client_auth_subject_dn: readSubject(registration.subject) }
  }
  return { token_endpoint_auth_method: 'self_signed_tls_client_auth', jwks: { keys: [certificateKey(registration.certificate)] } }
}

function certificateKey(pem: string): JsonWebKey {
  const certificate = new X509Certificate(pem)
  return { ...certificate.publicKey.export({ format: 'jwk' }), x5c: [certificate.raw.toString('base64')] }
}
