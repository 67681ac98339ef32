import { sha256 } from '@everyhop/proof'

/**
 * Request fields in which some product or application believes a client certificate, an identity or the original request,
 * although any client can send them. A hop removes them from what it passes on; removal goes by exact name in most gateways,
 * so every spelling in use is listed. What is not listed and looks like one is refused by the decision instead (`path.stray`).
 * RFC 9440 §2.4, RFC 9700 §4.13.
 */
export const CERTIFICATE_FIELDS = [
  'Client-Cert-Chain',
  'Client-Certificate',
  'ClientCert',
  'SSL-Client-Cert',
  'SSL-Client-Verify',
  'SSL_CLIENT_CERT',
  'SSL_CLIENT_CERT_CHAIN_0',
  'SSL_CLIENT_I_DN',
  'SSL_CLIENT_M_SERIAL',
  'SSL_CLIENT_S_DN',
  'SSL_CLIENT_S_DN_CN',
  'SSL_CLIENT_VERIFY',
  'X-Amzn-Mtls-Clientcert',
  'X-Amzn-Mtls-Clientcert-Issuer',
  'X-Amzn-Mtls-Clientcert-Leaf',
  'X-Amzn-Mtls-Clientcert-Serial-Number',
  'X-Amzn-Mtls-Clientcert-Subject',
  'X-Amzn-Mtls-Clientcert-Validity',
  'X-ARR-ClientCert',
  'X-Client-Cert',
  'X-Client-Cert-Chain',
  'X-Client-Cert-Fingerprint',
  'X-Client-Certificate',
  'X-Client-DN',
  'X-Client-Verify',
  'X-ClientCert',
  'X-Forwarded-Client-Cert',
  'X-Forwarded-Client-Cert-Chain',
  'X-Forwarded-Ssl-Client-Cert',
  'X-Forwarded-Tls-Client-Cert',
  'X-Forwarded-Tls-Client-Cert-Info',
  'X-SSL-Cert',
  'X-SSL-Client-Cert',
  'X-SSL-Client-Cert-Chain',
  'X-SSL-Client-CN',
  'X-SSL-Client-DN',
  'X-SSL-Client-Fingerprint',
  'X-SSL-Client-Issuer',
  'X-SSL-Client-Issuer-DN',
  'X-SSL-Client-NotAfter',
  'X-SSL-Client-NotBefore',
  'X-SSL-Client-S-DN',
  'X-SSL-Client-Serial',
  'X-SSL-Client-SHA1',
  'X-SSL-Client-Subject',
  'X-SSL-Client-Subject-DN',
  'X-SSL-Client-Verify',
  'X-SSL-Issuer',
  'X-SSL-Subject',
  'X-TLS-Client-Cert',
  'X-TLS-Client-Verify',
] as const

export const IDENTITY_FIELDS = [
  'OIDC_access_token',
  'OIDC_CLAIM_email',
  'OIDC_CLAIM_preferred_username',
  'OIDC_CLAIM_sub',
  'OIDC_id_token_payload',
  'Remote-Email',
  'Remote-Groups',
  'Remote-Name',
  'Remote-User',
  'REMOTE_USER',
  'X-Auth-Request-Access-Token',
  'X-Auth-Request-Email',
  'X-Auth-Request-Groups',
  'X-Auth-Request-Preferred-Username',
  'X-Auth-Request-User',
  'X-Auth-User',
  'X-Authenticated-Client',
  'X-Authenticated-Groups',
  'X-Authenticated-Scope',
  'X-Authenticated-User',
  'X-Authenticated-Userid',
  'X-Client-Id',
  'X-Consumer-Custom-Id',
  'X-Consumer-Id',
  'X-Consumer-Username',
  'X-Credential-Identifier',
  'X-Endpoint-API-Userinfo',
  'X-Forwarded-Access-Token',
  'X-Forwarded-Email',
  'X-Forwarded-Groups',
  'X-Forwarded-Preferred-Username',
  'X-Forwarded-User',
  'X-JWT-Assertion',
  'X-JWT-Claims',
  'X-JWT-Payload',
  'X-Remote-User',
  'X-User',
  'X-User-Email',
  'X-User-Groups',
  'X-User-Id',
  'X-User-Name',
  'X-User-Roles',
  'X-Userinfo',
  'X-WebAuth-User',
] as const

/** Fields that let a client claim another target, peer or method than those that the hop saw. */
export const REQUEST_FIELDS = [
  'Forwarded',
  'X-Forwarded-By',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Method',
  'X-Forwarded-Path',
  'X-Forwarded-Port',
  'X-Forwarded-Prefix',
  'X-Forwarded-Proto',
  'X-Forwarded-Scheme',
  'X-Forwarded-Server',
  'X-Forwarded-Ssl',
  'X-Forwarded-Uri',
  'X-Host',
  'X-HTTP-Method',
  'X-HTTP-Method-Override',
  'X-Method-Override',
  'X-Original-Host',
  'X-Original-Method',
  'X-Original-URI',
  'X-Original-URL',
  'X-Real-IP',
  'X-Rewrite-URL',
] as const

/** What a hop sets itself: never taken from a client, and from the hop before only under its attestation. */
export const HOP_FIELDS = ['Everyhop-Hop', 'Signature', 'Signature-Input', 'Client-Cert'] as const

/** What a hop that rebinds puts in place of the client's own. */
export const CREDENTIALS = ['Authorization', 'DPoP'] as const

/** How a gateway tells the decision service what it saw. No application needs them. */
export const CHANNEL_FIELDS = [
  'Everyhop-Answer',
  'Everyhop-Cert',
  'Everyhop-Cert-Verify',
  'Everyhop-Early',
  'Everyhop-Method',
  'Everyhop-Next',
  'Everyhop-Peer',
  'Everyhop-Removes',
  'Everyhop-Request',
  'Everyhop-Target',
] as const

/** Every field that a hop removes, those apart that it then sets. */
export const SENSITIVE_FIELDS: readonly string[] = [...CERTIFICATE_FIELDS, ...IDENTITY_FIELDS, ...REQUEST_FIELDS, ...CHANNEL_FIELDS]

/**
 * Names this list. A gateway's configuration says by it which fields it removes, so that a decision service with another
 * list refuses those fields instead of believing that they are gone.
 */
export const REMOVAL_DIGEST: string = sha256(SENSITIVE_FIELDS.join('\n')).slice(0, 16)
